// `lading backup`: a copy of a running installation, from which another one can be started.
import { copyFile, mkdir, open, readdir, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ask } from './api.mjs';
import { UsageError } from './usage-error.mjs';
import { verb } from './verb.mjs';

/** Milliseconds between two looks at a collector that finishes its round. */
const LOOK_MS = 200;

/** Until every collector knows of a pause. */
const PAUSE_MS = 1_500;

/** Milliseconds; a collector at work reports every second. */
const LONG_SILENCE_MS = 60_000;

/** Beside database and blobs: what a start would make anew, and then could not read what is there. */
const KEYS = ['key-secret', 'admin-password'];

const REASON = 'lading backup is copying';

export const backup = verb({
  usage: `backup <directory> [options]

Copies a running Lading: its database first, its blobs after. The directory must be empty; afterwards it is a data directory
as it was at the end of the first part. To restore, start Lading with LADING_DATA_DIR=<directory>, or a copy of it.
Collection is paused meanwhile; pushes and pulls go on.

  --data-dir DIRECTORY   what to copy (LADING_DATA_DIR, else data)`,
  flags: { 'data-dir': { type: 'string' } },
  run: async ({ connection, flags, words, env }) => {
    if (words.length !== 1) throw new UsageError('name one directory to copy to; see --help');
    if (env.LADING_DATABASE_URL)
      throw new UsageError(
        'the database is not in the data directory (LADING_DATABASE_URL); docs/backup.md says what to do',
      );
    const source = resolve(flags['data-dir'] ?? env.LADING_DATA_DIR ?? 'data');
    const target = resolve(words[0]);
    await assertEmpty(target);
    const copied = await withoutCollection(connection, () => copyAll(source, target));
    return env.LADING_S3_ENDPOINT ? { ...copied, bucket: env.LADING_S3_BUCKET } : copied;
  },
  text: ({ directory, blobs, bytes, bucket }) =>
    bucket === undefined
      ? `${directory} has the database and ${blobs} blobs (${bytes} bytes).`
      : `${directory} has the database. The blobs are in the bucket ${bucket}, and are copied there.`,
});

async function assertEmpty(target) {
  await mkdir(target, { recursive: true, mode: 0o700 });
  if ((await readdir(target)).length > 0) throw new UsageError(`${target} is not empty`);
}

/** Nothing that the copied database names may be deleted before it is copied. A pause that was there stays. */
async function withoutCollection(connection, work) {
  const { paused } = await ask(connection, 'GET', '/gc/status');
  if (!paused) await ask(connection, 'POST', `/gc/pause?${new URLSearchParams({ reason: REASON })}`);
  try {
    await untilStill(connection);
    return await work();
  } finally {
    if (!paused) await ask(connection, 'POST', '/gc/resume');
  }
}

/**
 * A pause reaches every collector within a second. What it has in hand then may still delete: until that round has ended, or another
 * one has begun.
 */
async function untilStill(connection) {
  await delay(PAUSE_MS);
  const inHand = new Map((await working(connection)).map(({ id, round }) => [id, round]));
  while (inHand.size > 0) {
    await delay(LOOK_MS);
    const still = await working(connection);
    const same = ([id, round]) => still.some((each) => each.id === id && each.round === round);
    for (const each of inHand) if (!same(each)) inHand.delete(each[0]);
  }
}

/** One that says nothing for long was killed, and will not come back. */
async function working(connection) {
  const { collectors } = await ask(connection, 'GET', '/gc/status');
  const heard = Date.now() - LONG_SILENCE_MS;
  return collectors.filter(({ round, endedRound, seen }) => endedRound < round && Date.parse(seen) > heard);
}

async function copyAll(source, target) {
  const { copyCluster, PostgresFailed } = await import('../../libs/database/dist/embedded/index.js');
  await copyCluster(source, target).catch((error) => {
    throw error instanceof PostgresFailed ? new UsageError(error.message) : error;
  });
  for (const name of KEYS) await copyIfThere(join(source, name), join(target, name));
  const { blobs, bytes } = await copyBlobs(join(source, 'blobs'), join(target, 'blobs'));
  const about = { source, takenAt: new Date().toISOString(), blobs, bytes };
  await writeFile(join(target, 'backup.json'), `${JSON.stringify(about, undefined, 2)}\n`);
  return { directory: target, ...about };
}

/** Blobs never change, so each is copied whole; one that is still written belongs to an upload that the copy does not know. */
async function copyBlobs(from, to) {
  const sum = { blobs: 0, bytes: 0 };
  await mkdir(to, { recursive: true, mode: 0o700 });
  for (const entry of await entriesOf(from)) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) {
      const below = await copyBlobs(source, target);
      sum.blobs += below.blobs;
      sum.bytes += below.bytes;
    } else if (entry.isFile()) {
      sum.bytes += await copyIfThere(source, target);
      sum.blobs += 1;
    }
  }
  return sum;
}

/** None where nothing was pushed yet, or the blobs are in a bucket. */
async function entriesOf(directory) {
  try {
    return await readdir(directory, { withFileTypes: true });
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

/** On the disk before we say so. @returns bytes */
async function copyIfThere(source, target) {
  try {
    await copyFile(source, target);
  } catch (error) {
    if (error.code === 'ENOENT') return 0;
    throw new Error(`${basename(source)} cannot be copied: ${error.message}`, { cause: error });
  }
  const file = await open(target, 'r');
  try {
    await file.sync();
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}
