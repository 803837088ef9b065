import { setTimeout as delay } from 'node:timers/promises';
import { digestOf } from '../support/digest.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { seededBytes } from '../support/seeded-bytes.js';
import { brokenReferences, danglingRows, filesOf, objectsOf, query, strayFiles } from './audit.js';
import { Http } from './http.js';
import { makeBlob } from './load/image.js';
import { waitUntil } from './processes.js';

const UPLOADS = '/v2/team/app/blobs/uploads/';
const WRONG = digestOf(Buffer.from('other bytes'));

/** Far above the time of a round and of an upload that lay idle, far below what a person would call left behind. */
const PURGE_SECONDS = 15;

let registry: Registry;
let http: Http;
const kept = makeBlob(50_000, 'kept');

beforeAll(async () => {
  registry = await startRegistry({ LADING_UPLOAD_TTL: '2s', LADING_GC_INTERVAL: '200ms' });
  http = new Http(registry);
  const pushed = await http.send('POST', `${UPLOADS}?digest=${kept.digest}`, { body: kept.bytes });
  expect(pushed.status).toBe(201);
});

/** What was kept before is kept afterwards, and alone. */
afterEach(async () => {
  const found = await http.send('GET', `/v2/team/app/blobs/${kept.digest}`);
  expect(digestOf(found.body)).toBe(kept.digest);
  expect(await danglingRows(registry.dataDir)).toEqual([]);
  expect(await strayFiles(registry.dataDir)).toEqual([]);
  expect(await brokenReferences(registry.dataDir)).toEqual([]);
});

afterAll(async () => {
  http?.close();
  await registry?.stop();
});

async function open(): Promise<string> {
  const { status, headers } = await http.send('POST', UPLOADS);
  expect(status).toBe(202);
  return headers.location!;
}

function openUploads(): Promise<{ id: string }[]> {
  return query(registry.dataDir, `SELECT id FROM registry.upload_session WHERE state = 'open'`);
}

/** One row and one file are left: those of the blob that is kept. */
async function expectOnlyKept(): Promise<void> {
  const isClean = async () => {
    const rows = await objectsOf(registry.dataDir);
    return rows.length === 1 && filesOf(registry.dataDir).size === 1;
  };
  await waitUntil(isClean, PURGE_SECONDS, 'the end of everything but the blob that is kept').catch(
    async (error: Error) => {
      throw new Error(`${error.message}: ${JSON.stringify(await objectsOf(registry.dataDir))}`);
    },
  );
  expect(await openUploads()).toEqual([]);
  expect((await objectsOf(registry.dataDir))[0]).toMatchObject({ state: 'live', size: kept.bytes.length });
}

it('keeps no bytes of uploads with a wrong digest', async () => {
  const body = seededBytes(300_000, 'wrong');
  const atOnce = await http.send('POST', `${UPLOADS}?digest=${WRONG}`, { body });
  const location = await open();
  const closed = await http.send('PUT', `${location}?digest=${WRONG}`, { body });
  expect([atOnce.status, closed.status]).toEqual([400, 400]);
  expect((await http.send('GET', location)).status).toBe(404);
  await expectOnlyKept();
});

it('keeps no bytes of cancelled uploads', async () => {
  const locations = [await open(), await open()];
  await http.send('PATCH', locations[0]!, { body: seededBytes(200_000, 'cancelled') });
  for (const location of locations) {
    expect((await http.send('DELETE', location)).status).toBe(204);
    expect((await http.send('GET', location)).status).toBe(404);
  }
  await expectOnlyKept();
});

it('limit upload-life: keeps no bytes of uploads that were left lying, whether between requests or in the middle of one', async () => {
  await open();
  const second = await open();
  expect((await http.send('PATCH', second, { body: seededBytes(200_000, 'left') })).status).toBe(202);
  const cut = http.open('PATCH', await open());
  await cut.write(seededBytes(200_000, 'cut'));
  await delay(100);
  cut.cut();
  const whole = http.open('POST', `${UPLOADS}?digest=${WRONG}`, { 'content-length': 400_000 });
  await whole.write(seededBytes(200_000, 'whole'));
  await delay(100);
  whole.cut();
  expect(filesOf(registry.dataDir).size).toBe(5);
  await expectOnlyKept();
  expect((await http.send('PATCH', second, { body: Buffer.from('more') })).status).toBe(404);
});

it('keeps no second copy of a blob that is pushed again', async () => {
  const again = await Promise.all(
    [1, 2, 3].map(() => http.send('POST', `${UPLOADS}?digest=${kept.digest}`, { body: kept.bytes })),
  );
  expect(again.map(({ status }) => status)).toEqual([201, 201, 201]);
  await expectOnlyKept();
});

it('keeps one copy of a blob that twenty clients push for the first time at once', async () => {
  const { digest, bytes } = makeBlob(70_000, 'at once');
  const push = (_: unknown, at: number) =>
    http.send('POST', `/v2/team/app${at % 5}/blobs/uploads/?digest=${digest}`, { body: bytes });
  const answers = await Promise.all(Array.from({ length: 20 }, push));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
  await waitUntil(() => filesOf(registry.dataDir).size === 2, PURGE_SECONDS, 'the end of the copies');
  for (const at of [0, 1, 2, 3, 4]) {
    const found = await http.send('GET', `/v2/team/app${at}/blobs/${digest}`);
    expect(digestOf(found.body)).toBe(digest);
  }
});

it.each([0, 1_500_000])(
  'answers 404 to an upload that is cancelled while its body comes, %i bytes in',
  async (before) => {
    const { digest, bytes } = makeBlob(before + 1_500_000, 'cancelled meanwhile');
    const files = filesOf(registry.dataDir).size;
    const location = await open();
    const upload = http.open('PUT', `${location}?digest=${digest}`, { 'content-length': bytes.length });
    await upload.write(bytes.subarray(0, before + 100));
    await delay(200);
    expect((await http.send('DELETE', location)).status).toBe(204);
    await waitUntil(() => filesOf(registry.dataDir).size === files, PURGE_SECONDS, 'the purge');
    await upload.write(bytes.subarray(before + 100)).catch(() => undefined);
    upload.end();
    expect((await upload.answer).status).toBe(404);
    expect(filesOf(registry.dataDir).size).toBe(files);
  },
);
