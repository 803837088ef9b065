import { createLogger } from '../logger.js';
import { Metrics } from './metrics.js';

const logger = createLogger({ service: 'spec', level: 'fatal' });

it('reads figures when they are asked for, and leaves out what has no value', async () => {
  const metrics = new Metrics(logger);
  let waiting = 3;
  metrics.add('work', async () => [
    { name: 'waiting', help: 'What waits', labels: { kind: 'link' }, value: waiting },
    { name: 'done_total', help: 'What was done', counts: true, value: 7 },
    { name: 'pace', help: 'None is set', value: undefined },
  ]);
  const lines = (await metrics.text()).split('\n');
  expect(lines).toEqual(
    expect.arrayContaining(['waiting{kind="link"} 3', '# TYPE done_total counter', 'done_total 7']),
  );
  expect(lines.some((line) => line.startsWith('pace'))).toBe(false);
  waiting = 1;
  expect(await metrics.text()).toContain('waiting{kind="link"} 1');
});

it('leaves out a group that cannot be read, says so, and shows the others', async () => {
  const metrics = new Metrics(logger);
  let isAway = false;
  metrics.add('database', async () => {
    if (isAway) throw new Error('it is away');
    return [{ name: 'rows', help: 'Rows', value: 5 }];
  });
  metrics.add('memory', async () => [{ name: 'cached', help: 'Cached', value: 2 }]);
  expect(await metrics.text()).toContain('rows 5');
  isAway = true;
  const text = await metrics.text();
  expect(text).toContain('lading_metrics_up{group="database"} 0');
  expect(text).toContain('cached 2');
  expect(text).not.toMatch(/^rows/m);
});
