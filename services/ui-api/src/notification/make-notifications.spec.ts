import { EVENT_EXAMPLES, type EventType, type FeedEvent } from '@lading/events';
import { MakeNotifications } from './make-notifications.js';
import type { Notification } from './notification.js';
import { Usernames } from './usernames.js';

const TIME = new Date('2026-11-25T14:20:00.536Z');
const ID = '01a21313-e497-7279-803f-8f4669b44aef';
const NOTHING_IGNORED = { mediaTypes: [], actions: [], methods: [] };
const IGNORE_NOTHING = { ignore: NOTHING_IGNORED, references: false };

let asked = 0;
const making = new MakeNotifications(
  { getManifestBody: async () => ({ body: undefined }) },
  new Usernames({
    getUsername: async ({ principal }) => {
      asked += 1;
      return { username: principal === 'account:1' ? 'jo' : undefined };
    },
  }),
);

function event(type: string, more: object = {}): FeedEvent {
  const { subject, data } = EVENT_EXAMPLES[type as EventType] ?? { subject: '', data: {} };
  const place = { id: ID, topic: '', key: '7', aggregateVersion: 1, time: TIME, cursor: '1' };
  return { ...place, type, subject, data: { ...data, ...more } };
}

/** As a receiver gets them. */
const made = async (of: FeedEvent, wish: object = {}): Promise<Notification[]> =>
  JSON.parse(JSON.stringify(await making.execute(of, { ...IGNORE_NOTHING, ...wish })));

it.each([
  ['dev.lading.project.created.v1', []],
  ['dev.lading.project.deleted.v1', []],
  ['dev.lading.project.restored.v1', []],
  ['dev.lading.project.expunged.v1', []],
  ['dev.lading.repository.deleted.v1', ['delete']],
  ['dev.lading.repository.restored.v1', []],
  ['dev.lading.repository.purged.v1', []],
  ['dev.lading.repository.expunged.v1', []],
  ['dev.lading.blob.uploaded.v1', ['push']],
  ['dev.lading.blob.mounted.v1', ['mount']],
  ['dev.lading.blob.deleted.v1', ['delete']],
  ['dev.lading.blob.damaged.v1', []],
  ['dev.lading.blob.healed.v1', []],
  ['dev.lading.blob.unlinked.v1', []],
  ['dev.lading.blob.pulled.v1', ['pull']],
  ['dev.lading.manifest.pushed.v1', []],
  ['dev.lading.manifest.deleted.v1', ['delete', 'delete', 'delete']],
  ['dev.lading.manifest.expunged.v1', []],
  ['dev.lading.manifest.pulled.v1', ['pull']],
  ['dev.lading.tag.set.v1', ['push']],
  ['dev.lading.tag.deleted.v1', ['delete']],
  ['dev.lading.of.anewerversion.v1', []],
  ['constructor', []],
])('%s is %j', async (type, actions) => {
  expect((await made(event(type))).map(({ action }) => action)).toEqual(actions);
});

it('a push that moved no tag is told by its manifest', async () => {
  const [push] = await made(event('dev.lading.manifest.pushed.v1', { tags: [] }));
  expect([push?.action, push?.target.tag]).toEqual(['push', undefined]);
});

it('ids are that of the event and others made of it, whatever is ignored', async () => {
  const all = await made(event('dev.lading.manifest.deleted.v1'));
  expect(all[0]?.id).toBe(ID);
  const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  for (const { id } of all.slice(1)) expect(id).toMatch(uuid);
  expect(new Set(all.map(({ id }) => id)).size).toBe(3);
  expect(await made(event('dev.lading.manifest.deleted.v1'))).toEqual(all);
  const pulls = [{}, {}].map((_, n) => ({
    ...(EVENT_EXAMPLES['dev.lading.blob.pulled.v1'].data.pulls[0] as object),
    size: n,
  }));
  pulls[0] = {
    ...pulls[0],
    request: { ...EVENT_EXAMPLES['dev.lading.blob.uploaded.v1'].data.request, method: 'HEAD' },
  } as never;
  const both = await made(event('dev.lading.blob.pulled.v1', { pulls }));
  const ignore = { ...NOTHING_IGNORED, methods: ['HEAD'] };
  expect(await made(event('dev.lading.blob.pulled.v1', { pulls }), { ignore })).toEqual([both[1]]);
});

it('EVT-03 EVT-15: what the collector does, and what anonymous clients do, has no actor', async () => {
  const byCollector = event('dev.lading.manifest.deleted.v1', { principal: 'collector', request: undefined, tags: [] });
  expect(await made(byCollector)).toEqual([
    {
      ...{ id: ID, timestamp: TIME.toISOString(), action: 'delete' },
      target: { repository: 'team/app', digest: EVENT_EXAMPLES['dev.lading.manifest.deleted.v1'].data.digest },
      ...{ request: { id: '', method: '', useragent: '' }, actor: {}, source: {} },
    },
  ]);
  expect((await made(event('dev.lading.tag.set.v1', { principal: '' })))[0]?.actor).toEqual({});
});

it('an account that is gone keeps its id, and a name is asked for once in a while', async () => {
  expect((await made(event('dev.lading.tag.set.v1', { principal: 'account:9' })))[0]?.actor).toEqual({
    name: 'account:9',
  });
  await made(event('dev.lading.tag.set.v1'));
  const before = asked;
  expect((await made(event('dev.lading.tag.set.v1')))[0]?.actor).toEqual({ name: 'jo' });
  expect(asked).toBe(before);
});

it('a manifest that is gone has no references', async () => {
  const [push] = await made(event('dev.lading.tag.set.v1'), { references: true });
  expect(push?.target).not.toHaveProperty('references');
});
