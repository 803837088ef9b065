import { runSeed as seed } from '../support/random.js';
import { seededBytes } from '../support/seeded-bytes.js';
import { digestOf, openUpload } from './support/content.js';
import { OpenBody } from './support/open-body.js';
import { useRegistry } from './support/use-registry.js';

const MIB = 1024 * 1024;
const OLDER = seededBytes(6 * MIB, 'older');
const NEWER = seededBytes(5 * MIB + 11, 'newer');

const { registry, http } = useRegistry();

beforeAll(() => void process.stdout.write(`upload-writers.spec: LADING_TEST_SEED=${seed}\n`));

/** Settles once the server has made this request the upload's writer. */
async function patch(location: string, headers: Record<string, string> = {}): Promise<OpenBody> {
  const own = { authorization: http.authorization, expect: '100-continue', ...headers };
  const body = await OpenBody.start(registry, 'PATCH', location, own);
  await body.continued();
  return body;
}
const rangeOf = async (location: string) => (await http.send('GET', location)).headers.range;
const close = (location: string, digest: string) => http.send('PUT', `${location}?digest=${digest}`);

describe('UPL-23: of two requests that write one upload', () => {
  it('the newest wins; the older is answered, and not a byte of it is left', async () => {
    const location = await openUpload(http, 'writers/two');
    const older = await patch(location);
    await older.write(OLDER.subarray(0, 3 * MIB));
    const newer = await patch(location);
    await newer.write(NEWER.subarray(0, MIB));
    await older.write(OLDER.subarray(3 * MIB));
    await newer.write(NEWER.subarray(MIB));
    expect(await newer.finish()).toBe(202);
    expect(await older.finish()).toBe(404);
    expect(await rangeOf(location)).toBe(`0-${NEWER.length - 1}`);
    expect((await close(location, digestOf(NEWER))).status).toBe(201);
    const served = await http.send('GET', `/v2/writers/two/blobs/${digestOf(NEWER)}`);
    expect(served.body.equals(NEWER)).toBe(true);
  });

  it('nothing of one is ever within the other, however they interleave', async () => {
    const turns = seededBytes(240, seed);
    for (let round = 0; round < 8; round++) {
      const location = await openUpload(http, 'writers/many');
      const blobs = [0, 1, 2].map((n) => seededBytes(2 * MIB + n, `${seed} ${round} ${n}`));
      const bodies: OpenBody[] = [];
      const at = [0, 0, 0];
      for (const turn of turns.subarray(round * 30, round * 30 + 30)) {
        const n = turn % 3;
        // One more writer comes in now and then, while the others are at work.
        if (n >= bodies.length) bodies.push(await patch(location));
        const which = Math.min(n, bodies.length - 1);
        const end = at[which]! + (turn << 10);
        await bodies[which]!.write(blobs[which]!.subarray(at[which], end));
        at[which] = Math.min(end, blobs[which]!.length);
      }
      await Promise.all(bodies.map((body, n) => body.write(blobs[n]!.subarray(at[n]))));
      const statuses = await Promise.all(bodies.map((body) => body.finish()));
      const newest = bodies.length - 1;
      expect({ seed, round, statuses }).toEqual({
        seed,
        round,
        statuses: statuses.map((_, n) => (n === newest ? 202 : 404)),
      });
      const closed = await close(location, digestOf(blobs[newest]!));
      expect({ seed, round, status: closed.status }).toEqual({ seed, round, status: 201 });
    }
  });

  it('a chunk out of order does not take the upload over', async () => {
    const location = await openUpload(http, 'writers/order');
    const older = await patch(location);
    await older.write(OLDER.subarray(0, MIB));
    const headers = { 'content-range': '100-199' };
    expect((await http.send('PATCH', location, { body: NEWER.subarray(0, 100), headers })).status).toBe(416);
    await older.write(OLDER.subarray(MIB));
    expect(await older.finish()).toBe(202);
    expect((await close(location, digestOf(OLDER))).status).toBe(201);
  });

  it('one that goes on after a cut connection does not wait for the dead one', async () => {
    const location = await openUpload(http, 'writers/dead');
    const dead = await patch(location);
    await dead.write(OLDER.subarray(0, MIB));
    expect((await http.send('PATCH', location, { body: NEWER })).status).toBe(202);
    expect((await close(location, digestOf(NEWER))).status).toBe(201);
    // Nothing came of the dead one yet, and its connection is there: the server has not noticed anything.
    expect([dead.socket.closed, dead.socket.readableEnded]).toEqual([false, false]);
    dead.cut();
  });

  it('a cancel ends the one that writes, and the upload', async () => {
    const location = await openUpload(http, 'writers/cancel');
    const writer = await patch(location);
    await writer.write(OLDER.subarray(0, MIB));
    expect((await http.send('DELETE', location)).status).toBe(204);
    await writer.write(OLDER.subarray(MIB));
    expect(await writer.finish()).toBe(404);
    expect((await http.send('GET', location)).status).toBe(404);
  });

  it('the older is told at a step, in the middle of its body', async () => {
    const location = await openUpload(http, 'writers/step');
    const older = await patch(location);
    await older.write(OLDER.subarray(0, MIB));
    expect((await http.send('PATCH', location, { body: NEWER })).status).toBe(202);
    for (let n = 0; n < 30 && !older.socket.destroyed; n++) await older.write(OLDER);
    expect(await older.status()).toBe(404);
    older.cut();
    expect(await rangeOf(location)).toBe(`0-${NEWER.length - 1}`);
  });
});

it('UPL-23: of several equal chunks at once one is taken, and the session goes on', async () => {
  const bytes = Buffer.alloc(1000, 'w');
  for (let round = 0; round < 60; round++) {
    const location = await openUpload(http, 'writers/equal');
    const chunk = () => http.send('PATCH', location, { headers: { 'content-range': '0-999' }, body: bytes });
    const statuses = (await Promise.all([chunk(), chunk(), chunk(), chunk()])).map((answer) => answer.status);
    expect([round, statuses.filter((status) => status === 202).length]).toEqual([round, 1]);
    const closed = await http.send('PUT', `${location}?digest=${digestOf(bytes)}`);
    expect(closed.status).toBe(201);
  }
});
