import { statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { seededBytes } from '../support/seeded-bytes.js';
import { filesOf } from './support/blob-file.js';
import { digestOf, openUpload } from './support/content.js';
import { eventually } from './support/eventually.js';
import { OpenBody } from './support/open-body.js';
import { type Used, useRegistry } from './support/use-registry.js';

// An upload whose request failed goes on from the offset that its status tells, and can be closed there.

const MIB = 1024 * 1024;
const FIRST = seededBytes(MIB + 100, 'first chunk');
const MORE = seededBytes(3 * MIB, 'more');
const used = useRegistry();
const { registry, http } = used;

const close = (location: string, bytes: Buffer) => http.send('PUT', `${location}?digest=${digestOf(bytes)}`);
const rangeOf = async (location: string) => (await http.send('GET', location)).headers.range;
const largestFile = () => Math.max(...filesOf(registry).map((file) => statSync(file).size));

/** An upload that has its first chunk. */
async function begun(repository: string): Promise<string> {
  const location = await openUpload(http, repository);
  expect((await http.send('PATCH', location, { body: FIRST })).status).toBe(202);
  return location;
}

/** A body without a length. Settles once the server has made this request the upload's writer. */
async function writer(location: string, headers: Record<string, string> = {}, by = 'PATCH', to: Used = used) {
  const own = { authorization: to.http.authorization, expect: '100-continue', ...headers };
  const body = await OpenBody.start(to.registry, by, location, own);
  await body.continued();
  return body;
}

it('UPL-16, UPL-26: a PUT without a body closes an upload after a chunk that was shorter than its range', async () => {
  const location = await begun('faults/short');
  const headers = { 'content-range': `${FIRST.length}-${FIRST.length + 99}` };
  const short = await http.send('PATCH', location, { headers, body: [MORE.subarray(0, 50)] });
  expect([short.status, short.codes]).toEqual([400, ['SIZE_INVALID']]);
  expect(await rangeOf(location)).toBe(`0-${FIRST.length - 1}`);
  expect((await close(location, FIRST)).status).toBe(201);
  const served = await http.send('GET', `/v2/faults/short/blobs/${digestOf(FIRST)}`);
  expect(served.body.equals(FIRST)).toBe(true);
});

it('HTTP-23, UPL-26: an upload is closed at the offset of its status after a chunk that was cut', async () => {
  const bytes = seededBytes(5 * MIB, 'cut');
  const location = await openUpload(http, 'faults/cut');
  expect((await http.send('PATCH', location, { body: bytes })).status).toBe(202);
  const cut = await writer(location, { 'content-range': `${bytes.length}-${bytes.length + MORE.length - 1}` });
  await cut.write(MORE.subarray(0, 2 * MIB));
  await eventually('bytes of the chunk in the store', () => (largestFile() > bytes.length ? true : undefined));
  cut.cut();
  expect(await rangeOf(location)).toBe(`0-${bytes.length - 1}`);
  expect((await close(location, bytes)).status).toBe(201);
});

it('UPL-23, UPL-26: a PUT without a body closes an upload that an older request still writes', async () => {
  const location = await begun('faults/older');
  const older = await writer(location);
  await older.write(MORE);
  expect((await close(location, FIRST)).status).toBe(201);
  expect(await older.finish()).toBe(404);
  const served = await http.send('GET', `/v2/faults/older/blobs/${digestOf(FIRST)}`);
  expect(served.body.equals(FIRST)).toBe(true);
});

describe('where a session ends after twelve silent seconds', () => {
  const brief = useRegistry({ LADING_UPLOAD_TTL: '12s', LADING_GC_INTERVAL: '500ms' });

  it('T20, UPL-16: that of a chunk without a length, with a range, lives while its bytes come', async () => {
    const size = 1_000_000;
    const locations = await Promise.all([1, 2].map(() => openUpload(brief.http, 'faults/slow')));
    const [patched, put] = locations as [string, string];
    const headers = { 'content-range': `0-${size - 1}` };
    const bytes = seededBytes(size, 'slow');
    const writers = await Promise.all([
      writer(patched, headers, 'PATCH', brief),
      writer(`${put}?digest=${digestOf(bytes)}`, headers, 'PUT', brief),
    ]);
    // Opened later, so it ends later than theirs would.
    const silent = await openUpload(brief.http, 'faults/slow');
    let at = 0;
    while ((await brief.http.send('GET', silent)).status === 204) {
      await Promise.all(writers.map((one) => one.write(bytes.subarray(at, at + 100))));
      at = Math.min(size, at + 100);
      await delay(100);
    }
    expect((await brief.http.send('GET', patched)).headers.range).toBe('0-0');
    await Promise.all(writers.map((one) => one.write(bytes.subarray(at))));
    expect(await Promise.all(writers.map((one) => one.finish()))).toEqual([202, 201]);
  }, 60_000);
});

describe('where a project may have three uploads open', () => {
  const LIMIT = 3;
  const few = useRegistry({ LADING_OPEN_UPLOADS: `${LIMIT}`, LADING_GC_INTERVAL: '500ms' });
  const post = (query = '', body?: Buffer) =>
    few.http.send('POST', `/v2/faults/whole/blobs/uploads/${query}`, { body });
  const filled = () => filesOf(few.registry).filter((file) => statSync(file, { throwIfNoEntry: false })?.size);

  /** Only while no other is open. Cancels them at the end. */
  async function opensAll(): Promise<void> {
    const locations: string[] = [];
    for (let n = 0; n < LIMIT; n++) {
      const begun = await eventually('room for an upload', async () => {
        const answer = await post();
        return answer.status === 202 ? answer : undefined;
      });
      locations.push(begun.headers.location!);
    }
    for (const location of locations) expect((await few.http.send('DELETE', location)).status).toBe(204);
  }

  it('UPL-05: a whole blob whose POST is cut leaves no upload open, and no bytes', async () => {
    for (let n = 0; n < LIMIT; n++) {
      const path = `/v2/faults/whole/blobs/uploads/?digest=${digestOf(MORE)}`;
      const cut = await writer(path, { 'content-length': String(MORE.length) }, 'POST', few);
      await cut.write(MORE.subarray(0, 2 * MIB));
      cut.cut();
    }
    await opensAll();
    await eventually('the end of their bytes', () => filled().length === 0 || undefined);
  });

  it('UPL-05, UPL-31: a whole blob with another digest leaves no upload open, by POST or PUT', async () => {
    for (let n = 0; n < LIMIT; n++) {
      expect((await post(`?digest=${digestOf('other')}`, MORE)).codes).toEqual(['DIGEST_INVALID']);
      const location = (await post()).headers.location;
      const put = await few.http.send('PUT', `${location}?digest=${digestOf('other')}`, { body: MORE });
      expect(put.codes).toEqual(['DIGEST_INVALID']);
    }
    await opensAll();
  });

  it('MNT-02: a mount of what is not there opens one upload, which can be cancelled', async () => {
    const mount = await post(`?mount=${digestOf('nowhere')}&from=faults/none`);
    expect(mount.status).toBe(202);
    expect((await few.http.send('DELETE', mount.headers.location!)).status).toBe(204);
    await opensAll();
  });
});
