import { type Ended, lading } from '../support/lading-cli.js';
import { pushImage } from './support/content.js';
import { useRegistry } from './support/use-registry.js';

const { registry, http } = useRegistry();

/** Runs `lading events tail` to its end. @param settings of its environment, which has nothing else */
function tail(words: readonly string[], settings: Record<string, string> = {}): Promise<Ended> {
  return lading(['events', 'tail', ...words], { LADING_PUBLIC_URL: registry.url, ...settings });
}

beforeAll(async () => {
  await pushImage(http, 'tail/app', 'v1');
});

it('prints a line for each event', async () => {
  const { code, stdout, stderr } = await tail(['--from-start', '--limit', '5'], {
    LADING_ADMIN_PASSWORD: registry.password,
  });
  expect([code, stderr]).toEqual([0, '']);
  const lines = stdout.trimEnd().split('\n');
  expect(lines.map((line) => line.split(/ {2,}/).slice(1))).toEqual([
    ['project.created', 'tail/app', 'account:1'],
    ['blob.uploaded', expect.stringMatching(/^tail\/app@sha256:/), 'account:1'],
    ['blob.uploaded', expect.stringMatching(/^tail\/app@sha256:/), 'account:1'],
    ['manifest.pushed', expect.stringMatching(/^tail\/app@sha256:/), 'account:1'],
    ['tag.set', 'tail/app:v1', 'account:1'],
  ]);
});

it('prints CloudEvents for programs, and goes on behind a cursor', async () => {
  const settings = { LADING_ADMIN_PASSWORD: registry.password };
  const { stdout } = await tail(['--json', '--from-start', '--limit', '5'], settings);
  const events = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(events[4]).toMatchObject({ specversion: '1.0', subject: 'tail/app:v1' });
  const again = await tail(['--json', '--limit', '1', '--after', events[3].cursor], settings);
  expect(JSON.parse(again.stdout)).toEqual(events[4]);
});

it('prints what happens from now on, over a restart of the server', async () => {
  const { next } = await nextCursor();
  const ended = tail(['--json', '--limit', '8', '--after', next], { LADING_ADMIN_PASSWORD: registry.password });
  await pushImage(http, 'tail/app', 'v2', 'two');
  await registry.restart();
  await pushImage(http, 'tail/app', 'v3', 'three');
  const { code, stdout } = await ended;
  const subjects = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).subject);
  expect([code, subjects[3], subjects[7]]).toEqual([0, 'tail/app:v2', 'tail/app:v3']);
});

it.each<[string, string[], string]>([
  ['without a password', ['--limit', '1'], 'no password'],
  ['with a wrong one', ['--password-file', '/dev/null'], '401 Unauthorized'],
  ['with an option that it does not know', ['--colour'], "Unknown option '--colour'"],
  ['with a limit that is none', ['--limit', 'many'], '--limit must be'],
])('says what is wrong %s, and ends with 2', async (_, words, message) => {
  const settings: Record<string, string> =
    words[0] === '--limit' && words[1] === 'many' ? { LADING_ADMIN_PASSWORD: 'x' } : {};
  const { code, stdout, stderr } = await tail(words, { LADING_DATA_DIR: '/nonexistent', ...settings });
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(message);
});

async function nextCursor(): Promise<{ next: string }> {
  const { stdout } = await tail(['--json', '--from-start', '--limit', '5'], {
    LADING_ADMIN_PASSWORD: registry.password,
  });
  return { next: JSON.parse(stdout.trimEnd().split('\n').at(-1)!).cursor };
}
