import { Api } from './support/api.js';
import { digestOf, imageOf, putManifest } from './support/content.js';
import type { FedEvent } from './support/event-stream.js';
import { eventually } from './support/eventually.js';
import { useRegistry } from './support/use-registry.js';

// What is pulled is noted a second later, and keeps what nothing names.

const { registry, http } = useRegistry({ LADING_GC_INTERVAL: '100ms', LADING_UNTAGGED_DELAY: '4s' });
const api = new Api(registry);
const name = 'pulled/app';

async function push(words: string): Promise<string> {
  const body = await imageOf(http, name, words);
  const digest = digestOf(body);
  expect((await putManifest(http, name, digest, body)).status).toBe(201);
  return digest;
}

async function isCollected(digest: string): Promise<boolean> {
  const { events } = await api.json<{ events: FedEvent[] }>('/events?limit=1000');
  return events.some(({ type, subject }) => type === 'dev.lading.manifest.deleted.v1' && subject.endsWith(digest));
}

it('a manifest without a name stays while it is asked for by digest, and goes like any other afterwards', async () => {
  const wanted = await push('asked for');
  const forgotten = await push('forgotten');
  await eventually(
    'the collection of what nobody asks for',
    async () => {
      expect((await http.send('HEAD', `/v2/${name}/manifests/${wanted}`)).status).toBe(200);
      return (await isCollected(forgotten)) || undefined;
    },
    60,
  );
  expect(await isCollected(wanted)).toBe(false);
  await eventually('the collection of what was asked for', async () => (await isCollected(wanted)) || undefined, 60);
  expect((await http.send('HEAD', `/v2/${name}/manifests/${wanted}`)).status).toBe(404);
});
