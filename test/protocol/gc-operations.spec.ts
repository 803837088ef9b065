import { lading } from '../support/lading-cli.js';
import { Api } from './support/api.js';
import { filesOf } from './support/blob-file.js';
import { digestOf, imageOf, putManifest } from './support/content.js';
import { eventually } from './support/eventually.js';
import { useRegistry } from './support/use-registry.js';

// Rounds come by themselves so seldom that whatever happens in a test was asked for.
const { registry, http } = useRegistry({
  LADING_GC_INTERVAL: '1h',
  LADING_GC_DELAY: '10ms',
  LADING_GC_LEASE: '10ms',
  LADING_GC_HOLD: '10ms',
  LADING_RESTORE_WINDOW: '10ms',
});
const api = new Api(registry);

interface Status {
  paused: { reason: string; actor: string } | null;
  pacePerSecond: number | null;
  candidates: { kind: string; waiting: number; due: number }[];
  eventsBehind: number;
  collectors: { id: string; round: number; endedRound: number }[];
}

const settings = () => ({ LADING_PUBLIC_URL: registry.url, LADING_ADMIN_PASSWORD: registry.password });
const gc = (...words: string[]) => lading(['gc', ...words], settings());
const json = async (...words: string[]) => {
  const { code, stdout, stderr } = await gc(...words, '--json');
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
};

/** An image that is pushed and deleted, once the collector has heard of it. @returns digests of its manifest and a layer */
async function letGo(words: string): Promise<{ digest: string; layer: string }> {
  const body = await imageOf(http, 'gc/app', words);
  const digest = digestOf(body);
  expect((await putManifest(http, 'gc/app', words, body)).status).toBe(201);
  expect((await http.send('DELETE', `/v2/gc/app/manifests/${digest}`)).status).toBe(202);
  await eventually('the collector has heard', async () => {
    const { eventsBehind, candidates } = await api.json<Status>('/gc/status');
    return eventsBehind === 0 && candidates.some(({ kind, due }) => kind === 'expunge' && due > 0) ? true : undefined;
  });
  return { digest, layer: digestOf(words) };
}

it('shows what waits and why, and who needs a blob', async () => {
  const { digest, layer } = await letGo('shown');
  const { candidates } = await json('status', '--candidates', 'expunge');
  expect(candidates).toMatchObject([{ digest, reason: 'manifest deleted', kept: null, looks: 0 }]);
  expect(await json('status', '--digest', layer)).toMatchObject({
    digest: layer,
    state: 'live',
    size: 5,
    repositories: 1,
    liveManifests: 0,
    deletedManifests: 1,
  });
  const text = await gc('status', '--digest', layer);
  expect(text.stdout).toContain('named by 0 manifests, and by 1 deleted ones that can still be restored');
  expect((await gc('status')).stdout).toMatch(/^deleted manifests +1 +1 /m);
});

it('runs when it is told to, until the bytes are gone', async () => {
  await letGo('run');
  expect(filesOf(registry).length).toBeGreaterThan(0);
  await eventually('no file is left', async () => {
    await json('run');
    return filesOf(registry).length === 0 ? true : undefined;
  });
  const [collector] = (await api.json<Status>('/gc/status')).collectors;
  expect(collector).toMatchObject({ done: { 'expunge done': expect.any(Number), purged: expect.any(Number) } });
});

it('does nothing while it is paused, says so, and goes on when it is resumed', async () => {
  await letGo('paused');
  const before = filesOf(registry).length;
  expect(await json('pause', '--reason', 'moving the disks')).toMatchObject({
    paused: { reason: 'moving the disks', actor: 'account:1' },
  });
  const refused = await gc('run');
  expect([refused.code, refused.stderr]).toEqual([2, 'lading: 409 Conflict - collection is paused\n']);
  expect((await gc('status')).stdout).toMatch(/^PAUSED since .* by account:1: moving the disks$/m);
  await registry.restart();
  expect((await api.json<Status>('/gc/status')).paused).toMatchObject({ reason: 'moving the disks' });
  expect(filesOf(registry)).toHaveLength(before);
  await json('resume');
  await eventually('no file is left', async () => {
    await json('run');
    return filesOf(registry).length === 0 ? true : undefined;
  });
});

it('walks through the registry when it is told to', async () => {
  const { walks } = await json('reconcile');
  expect(walks.map(({ kind }: { kind: string }) => kind)).toEqual([
    'expunge',
    'link',
    'object',
    'project',
    'repository',
    'untagged',
  ]);
  expect(walks.every(({ ended }: { ended: string | null }) => ended !== null)).toBe(true);
});

it('keeps to a pace, and takes it back', async () => {
  expect(await json('pace', '20')).toEqual({ pacePerSecond: 20 });
  expect((await api.json<Status>('/gc/status')).pacePerSecond).toBe(20);
  expect(await json('pace', 'unlimited')).toEqual({ pacePerSecond: null });
  expect((await gc('pace', 'fast')).stderr).toContain('per_second must be a whole number');
});

it('T18: confirms the clocks', async () => {
  expect(await json('confirm')).toEqual({ halted: null });
});

it('shows no event that was given up, and knows none by a number', async () => {
  const events = (...words: string[]) => lading(['events', 'dead-letters', ...words], settings());
  expect((await events()).stdout).toBe('No event was given up.\n');
  expect((await events('--send-again', '77')).stderr).toBe('lading: 404 Not Found - there is no such letter\n');
});

it.each<[string, string]>([
  ['GET', '/gc/status'],
  ['GET', '/gc/candidates?kind=link'],
  ['POST', '/gc/run'],
  ['POST', '/gc/pause'],
  ['POST', '/gc/resume'],
  ['POST', '/gc/confirm'],
  ['PUT', '/gc/pace?per_second=1'],
  ['POST', '/gc/reconcile'],
  ['GET', '/events/dead-letters'],
  ['POST', '/events/dead-letters/1/send-again'],
])('lets nobody but administrators %s %s', async (method, path) => {
  expect((await new Api(registry, null).send(method, path)).status).toBe(401);
  expect((await api.send('DELETE', path)).status).toBe(path.endsWith('again') ? 404 : 405);
});

it.each([
  ['/gc/candidates', 'kind must be'],
  ['/gc/candidates?kind=link&limit=0', 'limit must be'],
  ['/gc/blobs/sha256:0', 'a digest is'],
])('refuses %s', async (path, message) => {
  const { status, body } = await api.get(path);
  expect([status, JSON.parse(body.toString()).message]).toEqual([400, expect.stringContaining(message)]);
});
