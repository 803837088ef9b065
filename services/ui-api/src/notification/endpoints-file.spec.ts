import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { loadConfig } from '@lading/platform';
import type { Endpoint } from './endpoint.js';
import { notificationSettings } from './endpoints-file.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lading-endpoints-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

function readText(text: string): readonly Endpoint[] {
  const path = join(dir, 'notifications.json');
  writeFileSync(path, text);
  const config = loadConfig({ LADING_NOTIFICATIONS_FILE: path }, { notifications: notificationSettings });
  return config.notifications.endpoints ?? [];
}

const read = (value: unknown) => readText(JSON.stringify(value));
const one = (more: object) => read({ endpoints: [{ name: 'one', url: 'https://example.com/hook', ...more }] });

it('needs a name and an address, and has the defaults of the CNCF registry', () => {
  expect(one({})).toEqual([
    {
      ...{ name: 'one', headers: [], timeoutMs: 1_000, threshold: 10, backoffMs: 1_000, disabled: false, batch: 1 },
      ...{ ignore: { mediaTypes: [], actions: [], methods: [] }, references: false, maxAgeMs: 86_400_000 },
      ...{ url: expect.anything(), secret: undefined, privateRedirects: false },
    },
  ]);
});

it('reads every setting, under the names of that registry', () => {
  const path = join(dir, 'token');
  writeFileSync(path, 'Bearer from a file\n');
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  const [endpoint] = read({
    events: { includereferences: true },
    endpoints: [
      {
        ...{ name: 'two', url: 'http://10.0.0.1:8080/?key=1', timeout: '500ms', threshold: 5, backoff: '2s' },
        headers: { Authorization: [{ file: path }], 'X-List': ['a', 'b'], 'X-One': 'c' },
        ...{ disabled: true, ignoredmediatypes: ['a/b'], batch: 7, maxage: '1h', secret, privateredirects: true },
        ignore: { mediatypes: ['c/d'], actions: ['pull'], methods: ['head'] },
      },
    ],
  });
  expect(endpoint).toMatchObject({
    ...{ timeoutMs: 500, threshold: 5, backoffMs: 2_000, disabled: true, batch: 7, maxAgeMs: 3_600_000 },
    ignore: { mediaTypes: ['a/b', 'c/d'], actions: ['pull'], methods: ['HEAD'] },
    ...{ references: true, privateRedirects: true },
  });
  expect(endpoint?.headers.map(({ name, values }) => [name, values.map((value) => value.reveal())])).toEqual([
    ['Authorization', ['Bearer from a file']],
    ['X-List', ['a', 'b']],
    ['X-One', ['c']],
  ]);
  expect(inspect(endpoint, { depth: 9 })).not.toMatch(/from a file|whsec|key=1/);
});

it('lists every fault with its place, and no value that may be a secret', () => {
  const faulty = {
    events: { more: 1 },
    endpoints: [
      { name: 'a b', url: 'https://user:word-1@example.com/', headers: { Host: ['word-2'], 'b c': ['word-3\n'] } },
      { name: 'x', url: 'ftp://x', timeout: 'soon', secret: 'word-4', ignore: { actions: ['stop'] }, colour: 1 },
      { name: 'x', url: 'https://x', batch: 0, headers: { A: [{ file: '/nowhere' }] } },
    ],
  };
  let message = '';
  try {
    read(faulty);
  } catch (error) {
    message = (error as Error).message;
  }
  for (const part of [
    ...['events', 'endpoints[0].name', 'endpoints[0].url', 'endpoints[0].headers.Host', 'endpoints[0].headers.b c'],
    ...['endpoints[1].url', 'endpoints[1].timeout', 'endpoints[1].secret', 'endpoints[1].ignore.actions[0]'],
    ...['endpoints[2].batch', 'endpoints[2].headers.A[0] /nowhere cannot be read'],
  ])
    expect(message).toContain(`${part} `.trimEnd());
  expect(message).toContain('colour');
  expect(message).not.toMatch(/word-/);
  expect(() => read({ endpoints: ['x', 'y'].map((name) => ({ name: 'same', url: `https://${name}` })) })).toThrow(
    'endpoints[1].name is the name of another one too',
  );
});

it.each(['{"endpoints": [word-5', '[]', '7', ''])('refuses %j, and does not repeat it', (text) => {
  expect(() => readText(text)).toThrow(/LADING_NOTIFICATIONS_FILE/);
  expect(() => readText(text)).not.toThrow(/word-5/);
});

it('refuses a file that is not there', () => {
  const env = { LADING_NOTIFICATIONS_FILE: join(dir, 'nothing') };
  expect(() => loadConfig(env, { notifications: notificationSettings })).toThrow(/cannot be read: ENOENT/);
});

it('limit notification-endpoints: takes 50 endpoints and no more', () => {
  const many = (count: number) => ({
    endpoints: Array.from({ length: count }, (_, n) => ({ name: `n${n}`, url: 'https://example.com' })),
  });
  expect(read(many(50))).toHaveLength(50);
  expect(() => read(many(51))).toThrow(/endpoints/);
});

it('limit notification-batch: sends at most 100 events together', () => {
  expect(one({ batch: 100 })[0]?.batch).toBe(100);
  expect(() => one({ batch: 101 })).toThrow(/endpoints\[0\]\.batch/);
});

it('limit notification-timeout: waits for at most a minute', () => {
  expect(one({ timeout: '1m' })[0]?.timeoutMs).toBe(60_000);
  expect(() => one({ timeout: '61s' })).toThrow(/endpoints\[0\]\.timeout is more than 60s/);
});
