import { createHmac } from 'node:crypto';
import { Api } from './support/api.js';
import { pushImage, putBlob } from './support/content.js';
import { eventually } from './support/eventually.js';
import type { Notified, Receiver } from './support/receiver.js';
import { useNotified } from './support/use-notified.js';

// How notifications get to their receivers, and what happens when those do not take them.

const KEY = Buffer.from('thirty-two bytes of a shared key');
const BACKOFF_MS = 400;

const { registry, http, receiver } = useNotified((of) => {
  const endpoint = (name: string, more: object = {}) => ({ name, url: of.url(`/${name}`), ...more });
  const quick = { timeout: '500ms', threshold: 2, backoff: '50ms' };
  const headers = { Authorization: ['Bearer of this receiver'], 'X-Two': ['one', 'two'] };
  return {
    endpoints: [
      endpoint('plain', { headers, ...quick, timeout: '4s' }),
      endpoint('choosy', { ...quick, headers, ignore: { actions: ['delete'] } }),
      endpoint('silent', { timeout: '300ms' }),
      endpoint('steady', { timeout: '10s', threshold: 3, backoff: `${BACKOFF_MS}ms` }),
      endpoint('off', { disabled: true }),
      endpoint('signed', { secret: `whsec_${KEY.toString('base64')}` }),
      endpoint('redirected', { ...quick, maxage: '2s' }),
      endpoint('trusting', { ...quick, headers, privateredirects: true }),
      endpoint('impatient', { ...quick, maxage: '1s' }),
    ],
  };
});

type Answer = Parameters<Receiver['answerWith']>[1];

const api = new Api(registry);
const named = (repository: string) => (event: Notified) => event.target.repository === repository;

interface Status {
  name: string;
  origin: string;
  pending: number;
  events: number;
  successes: number;
  failures: number;
  errors: number;
  dropped: number;
  statuses: Record<string, number>;
  lastError: { reason: string; at: string } | null;
  lastSuccessAt: string | null;
}

const statuses = async () => (await api.json<{ endpoints: Status[] }>('/notifications')).endpoints;
const statusOf = async (name: string) => (await statuses()).find((status) => status.name === name) as Status;

/** Answers with these, one after the other, once all before is delivered, and takes everything after the last. */
async function inTurn(endpoint: string, ...answers: Answer[]): Promise<void> {
  await settled(endpoint);
  const path = `/${endpoint}`;
  const before = receiver().at(path).length;
  receiver().answerWith(path, (res, nth) => {
    const answer = answers[nth - before - 1];
    if (answer) answer(res, nth);
    else res.end();
  });
}

async function settled(endpoint: string): Promise<void> {
  await eventually(`nothing pending for ${endpoint}`, async () =>
    (await statusOf(endpoint)).pending === 0 ? true : undefined,
  );
}

const status =
  (code: number, location?: string): Answer =>
  (res) =>
    void res.writeHead(code, location === undefined ? {} : { location }).end();

describe('EVT-17: delivered', () => {
  it.each([200, 202, 204, 300, 303, 304])('EVT-17: is what %d answers, and it comes once', async (code) => {
    const name = `delivered/by${code}`;
    await inTurn('plain', status(code));
    await putBlob(http, name, `${code}`);
    await putBlob(http, name, `after ${code}`);
    expect(await receiver().events('/plain', named(name), 2)).toHaveLength(2);
  });

  it.each([400, 404, 429, 500, 503])(
    'EVT-17: is not what %d answers: it comes again, with the same id',
    async (code) => {
      const name = `refused/by${code}`;
      await inTurn('plain', status(code), status(code), status(code));
      await putBlob(http, name, `${code}`);
      await putBlob(http, name, `after ${code}`);
      const ids = (await receiver().events('/plain', named(name), 5)).map(({ id }) => id);
      expect(ids.slice(0, 4)).toEqual([ids[0], ids[0], ids[0], ids[0]]);
      expect(ids[4]).not.toBe(ids[0]);
    },
  );

  it('EVT-17: is not what gets no answer, or half of one', async () => {
    const name = 'refused/by-silence';
    await inTurn(
      'choosy',
      () => undefined,
      (res) => void res.destroy(),
      (res) => void res.socket?.end('HTTP/1.1 2'),
    );
    await putBlob(http, name, 'silence');
    const events = await receiver().events('/choosy', named(name), 4);
    expect(new Set(events.map(({ id }) => id)).size).toBe(1);
    expect((await statusOf('choosy')).errors).toBe(3);
  });

  it.each([301, 302, 307, 308])(
    'EVT-17: is what a receiver takes to which %d leads, with the same POST',
    async (code) => {
      const name = `delivered/after${code}`;
      await inTurn('plain', status(code, `/moved-${code}`));
      await putBlob(http, name, `${code}`);
      const [moved] = await eventually('the moved one', () =>
        receiver().at(`/moved-${code}`)[0] ? receiver().at(`/moved-${code}`) : undefined,
      );
      const first = receiver()
        .at('/plain')
        .find(({ events }) => events.some(named(name)));
      expect([moved?.method, moved?.text]).toEqual(['POST', first?.text]);
      expect(moved?.headers.authorization).toBe('Bearer of this receiver');
    },
  );
});

describe('EVT-18: an endpoint', () => {
  it('EVT-18: gets its headers, lists of values too, and nothing of what it ignores', async () => {
    const name = 'settings/headers';
    const digest = await pushImage(http, name, 'v1');
    await http.send('DELETE', `/v2/${name}/manifests/${digest}`);
    await putBlob(http, name, 'after the delete');
    await receiver().events('/choosy', named(name), 4);
    const all = receiver().at('/choosy');
    for (const { headers } of all)
      expect([headers.authorization, headers['x-two']]).toEqual(['Bearer of this receiver', 'one, two']);
    expect(all.flatMap(({ events }) => events).filter(({ action }) => action === 'delete')).toEqual([]);
  });

  it('EVT-18: that is disabled gets nothing', async () => {
    await receiver().events('/plain', () => true);
    expect(receiver().at('/off')).toEqual([]);
    expect(await statusOf('off')).toMatchObject({ disabled: true, pending: 0, events: 0 });
  });

  it('EVT-18: is left alone for the backoff before each try from the threshold on, and tried for ever', async () => {
    const name = 'settings/backoff';
    await inTurn('steady', ...Array.from({ length: 6 }, () => status(500)));
    await putBlob(http, name, 'backoff');
    await receiver().events('/steady', named(name), 7);
    const times = receiver()
      .at('/steady')
      .filter(({ events }) => events.some(named(name)))
      .map(({ at }) => at);
    const pauses = times.slice(1).map((at, n) => at - (times[n] as number));
    // Tries 1 to 3 are the threshold; each after them has waited. Node's timers may fire a millisecond early.
    for (const pause of pauses.slice(2)) expect(pause).toBeGreaterThanOrEqual(BACKOFF_MS - 2);
  });
});

it('EVT-19: each has a queue of its own: one that never answers holds up no push and no other', async () => {
  const name = 'queues/app';
  receiver().answerWith('/silent', () => undefined);
  for (const tag of ['a', 'b', 'c']) await pushImage(http, name, tag);
  const isPush = (event: Notified) => named(name)(event) && event.action === 'push';
  expect(await receiver().events('/plain', isPush, 9)).toHaveLength(9);
  const stuck = receiver().eventsAt('/silent').filter(named(name));
  expect(new Set(stuck.map(({ id }) => id)).size).toBeLessThanOrEqual(1);
  expect((await statusOf('silent')).pending).toBeGreaterThanOrEqual(9);
  // One POST at a time to each; and in the order of the changes.
  expect(receiver().mostAtOnce('/plain')).toBe(1);
  const tags = receiver()
    .eventsAt('/plain')
    .filter(isPush)
    .flatMap(({ target }) => target.tag ?? []);
  expect(tags).toEqual(['a', 'b', 'c']);
  receiver().answerWith('/silent', (res) => res.end());
  await receiver().events('/silent', isPush, 9);
});

it('EVT-21: without a setting, pulls of manifests are told and pulls of blobs are not', async () => {
  const name = 'pulled/app';
  const digest = await putBlob(http, name, 'a blob that is read');
  await pushImage(http, name, 'v1');
  await http.send('GET', `/v2/${name}/blobs/${digest}`);
  await http.send('HEAD', `/v2/${name}/manifests/v1`);
  const isPull = (event: Notified) => named(name)(event) && event.action === 'pull';
  const pulls = await receiver().events('/plain', isPull);
  expect(pulls.map(({ request, target }) => [request.method, target.tag])).toEqual([['HEAD', 'v1']]);
});

describe('EVT-22', () => {
  it('EVT-22: a POST is signed where there is a secret (Standard Webhooks), over the bytes that came', async () => {
    const name = 'signed/app';
    await inTurn('signed', status(500));
    await putBlob(http, name, 'signed');
    await receiver().events('/signed', named(name), 2);
    const deliveries = receiver()
      .at('/signed')
      .filter(({ events }) => events.some(named(name)));
    for (const { headers, text, events } of deliveries) {
      const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = headers;
      expect(id).toBe(events[0]?.id);
      const expected = createHmac('sha256', KEY).update(`${id}.${timestamp}.${text}`).digest('base64');
      expect(signature).toBe(`v1,${expected}`);
    }
    expect(
      receiver()
        .at('/plain')
        .some(({ headers }) => 'webhook-signature' in headers),
    ).toBe(false);
  });

  it.each([
    ['the name of a private address', (to: Receiver) => to.url('/inside', 'localhost')],
    ['a private address', () => 'http://169.254.169.254/latest/meta-data'],
    ['an IPv6 form of one', () => 'http://[::ffff:10.0.0.1]/'],
    ['no address of the web', () => 'file:///etc/passwd'],
  ])('EVT-22: a redirect to %s is not followed', async (_what, target) => {
    const before = (await statusOf('redirected')).errors;
    receiver().answerWith('/redirected', status(307, target(receiver())));
    await putBlob(http, 'redirected/app', `to ${target(receiver())}`);
    await eventually('a refusal', async () => ((await statusOf('redirected')).errors > before ? true : undefined));
    expect((await statusOf('redirected')).lastError?.reason).toMatch(
      /^the redirect leads (to a private address|nowhere)$/,
    );
    expect(receiver().at('/inside')).toEqual([]);
    receiver().answerWith('/redirected', (res) => res.end());
  });

  it('EVT-22: one that is allowed is, and gets no header that was meant for the first host', async () => {
    const name = 'trusting/app';
    await inTurn('trusting', status(307, receiver().url('/elsewhere', 'localhost')));
    await putBlob(http, name, 'trusting');
    const [event] = await receiver().events('/elsewhere', named(name));
    expect(event?.action).toBe('push');
    const [delivery] = receiver().at('/elsewhere');
    expect([delivery?.headers.authorization, delivery?.headers['x-two']]).toEqual([undefined, undefined]);
  });
});

describe('EVT-23: how endpoints are doing', () => {
  it('EVT-23: is told to administrators: what was sent, what became of it, and why', async () => {
    const name = 'counted/app';
    await settled('plain');
    const before = await statusOf('plain');
    await inTurn('plain', status(503), status(503));
    await putBlob(http, name, 'counted');
    await receiver().events('/plain', named(name), 3);
    const after = await eventually('an empty queue', async () => {
      const now = await statusOf('plain');
      return now.pending === 0 && now.successes > before.successes ? now : undefined;
    });
    // The project, which is no event of this format, and one blob.
    expect([after.events - before.events, after.successes - before.successes]).toEqual([1, 1]);
    expect([after.failures - before.failures, after.errors - before.errors]).toEqual([2, 0]);
    const refusals = '503 Service Unavailable';
    expect((after.statuses[refusals] ?? 0) - (before.statuses[refusals] ?? 0)).toBe(2);
    expect(after.lastError).toEqual({ reason: refusals, at: expect.stringMatching(/^\d{4}-.*Z$/) });
    expect(after.lastSuccessAt).toMatch(/^\d{4}-.*Z$/);
  });

  it('EVT-23: has no secret in it, and nothing for others', async () => {
    const { body } = await api.get('/notifications');
    const text = body.toString('utf8');
    expect(text).not.toMatch(/whsec|Bearer|\/plain/);
    expect((await statusOf('plain')).origin).toBe(new URL(receiver().url('/')).origin);
    expect((await new Api(registry, null).get('/notifications')).status).toBe(401);
    expect((await api.send('DELETE', '/notifications')).status).toBe(405);
  });
});

describe('EVT-20: what is not taken', () => {
  it('EVT-20: survives a kill of the registry, with its id', async () => {
    const name = 'kept/app';
    receiver().answerWith('/plain', status(500));
    await pushImage(http, name, 'v1');
    const [first] = await receiver().events('/plain', named(name));
    await registry.kill9();
    receiver().answerWith('/plain', (res) => res.end());
    const before = receiver().at('/plain').length;
    await registry.restart();
    await pushImage(http, name, 'v2');
    const isLast = (event: Notified) => named(name)(event) && event.target.tag === 'v2';
    await eventually('all of it', () => (receiver().eventsAt('/plain').some(isLast) ? true : undefined), 60);
    const again = receiver()
      .at('/plain')
      .slice(before)
      .flatMap(({ events }) => events)
      .filter(named(name));
    expect(again[0]?.id).toBe(first?.id);
    const whatCame = again.map(({ target }) => `${target.tag ?? target.digest}`);
    expect(whatCame.filter((what, n) => whatCame.indexOf(what) === n)).toHaveLength(6);
  });

  it('EVT-20: is dropped when it is too old, and what comes after it is delivered', async () => {
    const name = 'dropped/app';
    receiver().answerWith('/impatient', status(500));
    const before = (await statusOf('impatient')).dropped;
    await putBlob(http, name, 'dropped');
    await eventually('a drop', async () => ((await statusOf('impatient')).dropped > before ? true : undefined), 60);
    receiver().answerWith('/impatient', (res) => res.end());
    await putBlob(http, name, 'delivered');
    await eventually('a delivery', async () => ((await statusOf('impatient')).lastSuccessAt ? true : undefined));
  });
});
