import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf } from '../support/digest.js';
import { danglingRows, strayFiles } from './audit.js';
import { type Answer, Http } from './http.js';
import { ADMIN, Lading } from './lading.js';
import { type Blob, MANIFEST_TYPE, makeBlob, makeImage } from './load/image.js';
import { waitUntil } from './processes.js';
import { Tmpfs } from './tmpfs.js';

const MIB = 1024 * 1024;
const BLOBS = '/v2/team/app/blobs';
const image = makeImage('on a full disk', [1_000, 1_000]);

let disk: Tmpfs;
let server: Lading;
let http: Http;
const acknowledged: Blob[] = [];

beforeEach(async () => {
  acknowledged.length = 0;
  disk = await Tmpfs.mount('260m');
  server = new Lading(disk.path, { LADING_GC_INTERVAL: '200ms' });
  http = new Http({ url: await server.ready(), ...ADMIN });
  for (const blob of image.blobs) expect((await push(blob)).status).toBe(201);
  expect((await putImage('before')).status).toBe(201);
});

afterEach(async () => {
  http.close();
  await Lading.killAll();
  await Tmpfs.unmountAll();
});

async function push(blob: Blob): Promise<Answer> {
  const answer = await http.send('POST', `${BLOBS}/uploads/?digest=${blob.digest}`, { body: blob.bytes });
  if (answer.status === 201) acknowledged.push(blob);
  return answer;
}

function putImage(tag: string): Promise<Answer> {
  const sent = { headers: { 'content-type': MANIFEST_TYPE }, body: image.manifest };
  return http.send('PUT', `/v2/team/app/manifests/${tag}`, sent);
}

/** 503, and how long to wait: clients send a refused layer again and again. */
function expectUnavailable(answer: Answer): void {
  expect(answer.status).toBe(503);
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  expect(JSON.parse(answer.body.toString())).toMatchObject({ errors: [{ code: 'UNAVAILABLE' }] });
}

/** Every acknowledged byte can be read, and rows and files agree. */
async function expectNothingLost(): Promise<void> {
  for (const { digest } of acknowledged) {
    const answer = await http.send('GET', `${BLOBS}/${digest}`);
    expect([answer.status, digestOf(answer.body)]).toEqual([200, digest]);
  }
  expect((await http.send('GET', '/v2/team/app/manifests/before')).body).toEqual(image.manifest);
  expect(await danglingRows(disk.path)).toEqual([]);
  expect(await strayFiles(disk.path)).toEqual([]);
}

/** The log is written in batches. */
function expectComplaint(): Promise<void> {
  return waitUntil(() => server.complaints.join().includes('no room'), 5, 'a log line that says what is wrong');
}

/** Takes every block of the disk that is left, as a log file of another program would. */
function fill(): string {
  const path = join(disk.path, 'foreign');
  const file = openSync(path, 'w');
  for (let size = MIB; size >= 4096; ) {
    try {
      if (writeSync(file, Buffer.alloc(size)) < size) size /= 2;
    } catch {
      size /= 2;
    }
  }
  closeSync(file);
  return path;
}

it('limit free-room: answers 503 when blobs have filled the disk, goes on reading, and takes pushes again once there is room', async () => {
  let answer: Answer;
  let count = 0;
  do {
    answer = await push(makeBlob(8 * MIB, `filling ${count++}`));
  } while (answer.status === 201);
  expectUnavailable(answer);
  expect(count).toBeGreaterThan(5);
  await expectComplaint();
  await expectNothingLost();
  // The store leaves a reserve to the database.
  expect((await putImage('while-full')).status).toBe(201);

  await disk.remount('size=500m');
  expect((await push(makeBlob(8 * MIB, 'after'))).status).toBe(201);
  await expectNothingLost();
});

it('answers 503 to an upload that meets the end of the disk, and loses nothing', async () => {
  const { digest, bytes } = makeBlob(40 * MIB, 'meets the end');
  const upload = http.open('POST', `${BLOBS}/uploads/?digest=${digest}`, { 'content-length': bytes.length });
  await upload.write(bytes.subarray(0, 4 * MIB));
  const foreign = fill();
  await upload.write(bytes.subarray(4 * MIB)).catch(() => undefined);
  upload.end();
  expectUnavailable(await upload.answer);
  expectUnavailable(await push(makeBlob(MIB, 'while full')));
  await expectComplaint();
  for (const blob of image.blobs) expect((await http.send('GET', `${BLOBS}/${blob.digest}`)).status).toBe(200);

  rmSync(foreign);
  expect((await push({ digest, bytes })).status).toBe(201);
  await expectNothingLost();
});

it('loses nothing when the database itself has no room: it goes on, or says why it ends and starts again', async () => {
  const foreign = fill();
  const answers: number[] = [];
  for (let at = 0; at < 3_000 && server.isAlive; at += 1) {
    const answer = await putImage(`full${at}`).catch(() => undefined);
    if (answer === undefined) break;
    answers.push(answer.status);
    if (answer.status !== 201) expectUnavailable(answer);
    if (answer.status !== 201 && at > 20) break;
  }
  const tags = answers.flatMap((status, at) => (status === 201 ? [`full${at}`] : []));
  rmSync(foreign);
  if (!server.isAlive || !server.hasDatabase) {
    expect(await server.exit()).toBe(1);
    http.close();
    server = new Lading(disk.path);
    http = new Http({ url: await server.ready(), ...ADMIN });
  }
  for (const tag of tags) expect((await http.send('GET', `/v2/team/app/manifests/${tag}`)).status).toBe(200);
  expect((await putImage('after')).status).toBe(201);
  await expectNothingLost();
});

it('collects on a full disk, and takes pushes again by that alone', async () => {
  server.signal('SIGTERM');
  await server.exit();
  http.close();
  const quick = { LADING_GC_DELAY: '1s', LADING_GC_LEASE: '20s', LADING_GC_HOLD: '1s', LADING_RESTORE_WINDOW: '1s' };
  server = new Lading(disk.path, { ...quick, LADING_GC_INTERVAL: '200ms' });
  http = new Http({ url: await server.ready(), ...ADMIN });
  let answer: Answer;
  const unused: Blob[] = [];
  do {
    unused.push(makeBlob(8 * MIB, `unused ${unused.length}`));
    answer = await push(unused.at(-1)!);
  } while (answer.status === 201);
  expectUnavailable(answer);
  acknowledged.splice(image.blobs.length); // Their lease ends, and nothing names them.
  const after = makeBlob(8 * MIB, 'after');
  await waitUntil(async () => (await push(after)).status === 201, 90, 'room');
  await expectNothingLost();
});
