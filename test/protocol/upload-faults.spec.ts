import { statSync } from 'node:fs';
import { seededBytes } from '../support/seeded-bytes.js';
import { filesOf } from './support/blob-file.js';
import { digestOf, openUpload } from './support/content.js';
import { eventually } from './support/eventually.js';
import { OpenBody } from './support/open-body.js';
import { useRegistry } from './support/use-registry.js';

// An upload whose request failed goes on from the offset that its status tells, and can be closed there.

const MIB = 1024 * 1024;
const FIRST = seededBytes(MIB + 100, 'first chunk');
const MORE = seededBytes(3 * MIB, 'more');
const { registry, http } = useRegistry();

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
async function writer(location: string, headers: Record<string, string> = {}): Promise<OpenBody> {
  const own = { authorization: http.authorization, expect: '100-continue', ...headers };
  const body = await OpenBody.start(registry, 'PATCH', location, own);
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
