import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { seededBytes } from '../support/seeded-bytes.js';
import { BEYOND_BUFFERS } from './support/beyond-buffers.js';
import { digestOf, openUpload, pushImage, putBlob } from './support/content.js';
import { eventually } from './support/eventually.js';
import { OpenBody } from './support/open-body.js';
import { openFiles } from './support/open-files.js';
import { answersIn } from './support/raw.js';
import { slowReader } from './support/slow-reader.js';
import { useRegistry } from './support/use-registry.js';

const MIB = 1024 * 1024;
/** Slow clients of each kind: more than there are database connections in all. */
const MANY = 200;

const { registry, http } = useRegistry();

/** What each database connection of the server is at, from the title of its process: `idle`, `SELECT`, ... */
function databaseActivity(): string[] {
  const [pid] = readFileSync(join(registry.databaseDir, 'postmaster.pid'), 'utf8').split('\n');
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(/\s+/);
  return children.flatMap((child) => {
    const title = /\[local\] (.*)$|\(\d+\) (.*)$/.exec(commandOf(child));
    return title ? [title[1] ?? title[2] ?? ''] : [];
  });
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trim();
  } catch {
    return ''; // Ended since it was listed.
  }
}

const read = (path: string, ...lines: string[]) =>
  slowReader(registry, path, `Authorization: ${http.authorization}`, ...lines);

async function slowWriter(location: string): Promise<OpenBody> {
  const headers = { authorization: http.authorization, expect: '100-continue' };
  const body = await OpenBody.start(registry, 'PATCH', location, headers);
  await body.continued();
  await body.write(Buffer.alloc(1000));
  return body;
}

it('HTTP-22, BLOB-20: 400 slow clients hold no database connection, others do not wait for them, and they leave nothing open', async () => {
  const path = `/v2/slow/app/blobs/${await putBlob(http, 'slow/app', seededBytes(BEYOND_BUFFERS, 'slow'))}`;
  const locations = await Promise.all(Array.from({ length: MANY }, () => openUpload(http, 'slow/app')));
  await pushImage(http, 'slow/app', 'v1');
  const before = openFiles(registry);
  const writers = await Promise.all(locations.map(slowWriter));
  const readers = await Promise.all(Array.from({ length: MANY }, () => read(path)));
  await eventually('all files open', () => openFiles(registry).blobs >= 2 * MANY || undefined);

  expect(databaseActivity().length).toBeGreaterThan(0);
  for (let sample = 0; sample < 10; sample++) {
    // The collector's own round is over in a moment; what a slow client held would be there in every sample.
    await eventually('idle connections', () => databaseActivity().every((title) => title === 'idle') || undefined);
    await delay(20);
  }

  for (let n = 0; n < 10; n++) {
    await pushImage(http, 'slow/others', `v${n}`);
    expect((await http.send('GET', `/v2/slow/others/manifests/v${n}`)).status).toBe(200);
  }
  // All that was answered while each of them was still at it.
  for (const { socket } of writers) expect([socket.closed, socket.readableEnded]).toEqual([false, false]);
  for (const reader of readers) expect([reader.closed, reader.bytesRead < BEYOND_BUFFERS]).toEqual([false, true]);
  expect(openFiles(registry).blobs).toBeGreaterThanOrEqual(2 * MANY);

  for (const writer of writers) writer.cut();
  for (const reader of readers) reader.destroy();
  await eventually('files closed', () => openFiles(registry).blobs <= before.blobs || undefined);
  await eventually('connections closed', () => openFiles(registry).all <= before.all + 20 || undefined);
  // Written first, recorded a moment later.
  const kept = async () => (await http.send('GET', locations[0]!)).headers.range === '0-999' || undefined;
  await eventually('what the cut writers sent is kept', kept);
});

it('BLOB-20: a reader that goes away in the middle closes its file at once', async () => {
  const path = `/v2/slow/reader/blobs/${await putBlob(http, 'slow/reader', seededBytes(BEYOND_BUFFERS, 'reader'))}`;
  const before = openFiles(registry).blobs;
  for (let n = 0; n < 20; n++) {
    const reader = await read(path);
    await eventually('the file open', () => openFiles(registry).blobs > before || undefined);
    reader.destroy();
    await eventually('the file closed', () => openFiles(registry).blobs <= before || undefined, 5);
  }
});

it('BLOB-20: readers that go away before their answer begins leave nothing open', async () => {
  const path = `/v2/slow/early/blobs/${await putBlob(http, 'slow/early', seededBytes(24 * MIB, 'early'))}`;
  const before = openFiles(registry);
  for (let n = 0; n < 300; n++) {
    const reader = await read(path);
    await delay(n % 4);
    reader.destroy();
  }
  await eventually('files closed', () => openFiles(registry).blobs <= before.blobs || undefined);
});

it('HTTP-22: a slow reader gets every byte in the end', async () => {
  const bytes = seededBytes(12 * MIB, 'in the end');
  const path = `/v2/slow/end/blobs/${await putBlob(http, 'slow/end', bytes)}`;
  const reader = await read(path, 'Connection: close');
  const received: Buffer[] = [];
  reader.on('data', (chunk: Buffer) => {
    received.push(chunk);
    reader.pause();
    setTimeout(() => reader.resume(), 2);
  });
  reader.resume();
  await once(reader, 'end');
  const { answers, rest } = answersIn(Buffer.concat(received).toString('latin1'));
  expect(answers.map(({ status, body }) => [status, digestOf(body)])).toEqual([[200, digestOf(bytes)]]);
  expect(rest).toBe('');
});
