import { createLogger, type LogLevel } from './logger.js';
import { Secret } from './secret.js';

function capture(level: LogLevel = 'info') {
  const lines: string[] = [];
  const logger = createLogger({ service: 'distribution', level, destination: { write: (line) => lines.push(line) } });
  return { logger, last: () => JSON.parse(lines.at(-1) ?? 'null') };
}

describe('createLogger', () => {
  it('writes one JSON line with level, ISO time, service and fields', () => {
    const { logger, last } = capture();
    logger.info({ repository: 'a/b' }, 'pushed');
    expect(last()).toMatchObject({ level: 'info', service: 'distribution', repository: 'a/b', msg: 'pushed' });
    expect(new Date(last().time).toISOString()).toBe(last().time);
  });

  it('masks credentials at any depth and in any case, and changes no caller object', () => {
    const { logger, last } = capture();
    const headers = { Authorization: 'Basic eA==', cookie: 'a=b', accept: '*/*' };
    logger.info({ req: { headers }, token: 't', password: 'p', key: new Secret('k') }, 'asked');
    expect(last()).toMatchObject({
      token: '***',
      password: '***',
      key: '***',
      req: { headers: { Authorization: '***', cookie: '***', accept: '*/*' } },
    });
    expect(headers.Authorization).toBe('Basic eA==');
  });

  it('leaves out lines below its level', () => {
    const { logger, last } = capture('warn');
    logger.info('quiet');
    expect(last()).toBeNull();
  });

  it('shows an error with its stack', () => {
    const { logger, last } = capture();
    logger.error({ err: new Error('broken') }, 'failed');
    expect(last().err).toMatchObject({
      type: 'Error',
      message: 'broken',
      stack: expect.stringContaining('logger.spec'),
    });
  });
});
