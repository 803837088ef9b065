import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, open, opendir, rm, stat, statfs, unlink } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FileBlobStore, type FileBlobStoreOptions } from '@lading/blob-store';
import type { Grant, Upload } from '@lading/proto';
import type { AuthPort, UploadPort } from '@lading/rpc';
import { type SpecDistribution, serveDistribution } from '../spec-distribution.js';

// What an acknowledgement rests on: bytes, fsync of the file, of its directory and of new parents, then the row, then the
// answer. Each step is slow here, so that a later one which did not wait for it would come first in the record.

const SLOW_MS = 20;

/** Notes every call, in the order in which it *ended*. */
class Record {
  readonly calls: string[] = [];

  async slowly<T>(call: string, work: () => Promise<T>): Promise<T> {
    await sleep(SLOW_MS);
    const result = await work();
    this.calls.push(call);
    return result;
  }
}

type FileSystem = NonNullable<FileBlobStoreOptions['fs']>;

function recordingFiles(record: Record, base: string): FileSystem {
  const named = (call: string, path: string) => `${call} ${relative(base, path) || '.'}`;
  return {
    stat,
    statfs,
    unlink,
    async *names(path) {
      for await (const entry of await opendir(path)) yield entry.name;
    },
    mkdir: (path) => mkdir(path),
    async open(path, flags, mode) {
      const opened = () => open(path, flags, mode);
      const file = flags === 'wx' ? await record.slowly(named('make', path), opened) : await opened();
      return {
        writev: (chunks, position) =>
          record.slowly(named('write', path), () => file.writev(chunks as Uint8Array[], position)),
        read: (buffer, offset, length, position) => file.read(buffer, offset, length, position),
        stat: () => file.stat(),
        truncate: (length) => file.truncate(length),
        chmod: (mode) => file.chmod(mode),
        datasync: () => record.slowly(named('sync', path), () => file.datasync()),
        sync: () => record.slowly(named('sync', path), () => file.sync()),
        close: () => file.close(),
      };
    },
  };
}

const grant: Grant = {
  type: 'repository',
  name: 'team/app',
  actions: ['pull', 'push'],
  projectLevel: 0,
  resolvedXid: 0,
  mayPush: true,
};

/** `metadata` and `auth` as far as an upload calls them; each call is noted as a row. */
function recordingServices(record: Record) {
  let upload: Upload | undefined;
  const row = <T>(name: string, answer: () => T) => record.slowly(`row ${name}`, async () => answer());
  const uploads: Partial<UploadPort> = {
    beginUpload: ({ uploadId, objectId, algorithm }) =>
      row('begin', () => {
        upload = {
          uploadId,
          objectId,
          algorithm,
          offset: 0,
          epoch: 0,
          principal: 'account:1',
          openedAtMs: 0,
          ttlMs: 60_000,
          repositoryId: 1,
        };
        return { upload };
      }),
    claimUpload: () => row('claim', () => ({ upload })),
    recordProgress: ({ offset }) =>
      row('progress', () => {
        upload = { ...(upload as Upload), offset };
        return { held: true };
      }),
    finishUpload: () => row('finish', () => ({ objectId: upload?.objectId ?? '' })),
  };
  const auth: Partial<AuthPort> = {
    authorizeBasic: async () => ({
      authenticated: true,
      principal: 'account:1',
      credential: 'account:1',
      grants: [grant],
    }),
  };
  return { uploads, auth, objectId: () => upload?.objectId ?? '' };
}

let base: string;
let record: Record;
let services: ReturnType<typeof recordingServices>;
let store: FileBlobStore;
let distribution: SpecDistribution;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'lading-order-'));
  record = new Record();
  services = recordingServices(record);
  store = new FileBlobStore(join(base, 'blobs'), { fs: recordingFiles(record, base) });
  const { uploads, auth } = services;
  distribution = await serveDistribution({ uploads, auth, store, settings: { challenge: 'basic' } });
});
afterEach(async () => {
  await distribution.close();
  await store.close();
  await rm(base, { recursive: true });
});

function send(method: string, path: string, body?: Buffer): Promise<{ status: number; location: string }> {
  return new Promise((resolve, reject) => {
    const req = httpRequest(
      {
        port: distribution.port,
        method,
        path,
        auth: 'admin:password',
        headers: { 'Content-Length': body?.length ?? 0 },
      },
      (res) => {
        record.calls.push(`answer ${res.statusCode}`);
        res.resume().once('end', () => resolve({ status: res.statusCode ?? 0, location: res.headers.location ?? '' }));
      },
    );
    req.once('error', reject).end(body);
  });
}

const bytes = Buffer.alloc(700_000, 'layer');
const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** Where the object is, below the folder of the test. */
function file(): string {
  const id = services.objectId();
  return join('blobs', 'blobs', id.slice(-2), id);
}

it('answers 201 after bytes, fsync of file and directory, and the row, in this order', async () => {
  const { location } = await send('POST', '/v2/team/app/blobs/uploads/');
  record.calls.length = 0;
  await send('PUT', `${location}?digest=${digest}`, bytes);
  const writes = record.calls.filter((call) => call === `write ${file()}`);
  expect(writes.length).toBeGreaterThan(1);
  expect(record.calls.filter((call) => !call.startsWith('write '))).toEqual([
    'row claim',
    `sync ${file()}`,
    `sync ${dirname(file())}`,
    'row finish',
    'answer 201',
  ]);
  expect(record.calls.lastIndexOf(`write ${file()}`)).toBeLessThan(record.calls.indexOf(`sync ${file()}`));
});

it('makes new parents durable before the first answer of a new data directory, and the row before the object', async () => {
  await send('POST', '/v2/team/app/blobs/uploads/');
  const answered = record.calls.indexOf('answer 202');
  for (const parent of ['sync .', 'sync blobs', 'sync blobs/blobs']) {
    expect(record.calls.indexOf(parent)).toBeGreaterThanOrEqual(0);
    expect(record.calls.indexOf(parent)).toBeLessThan(answered);
  }
  expect(record.calls.indexOf('row begin')).toBeLessThan(record.calls.indexOf(`make ${file()}`));
  expect(record.calls.indexOf(`make ${file()}`)).toBeLessThan(answered);
});

it('notes the offset of a PATCH after its bytes are durable, and answers 202 after that', async () => {
  const { location } = await send('POST', '/v2/team/app/blobs/uploads/');
  record.calls.length = 0;
  await send('PATCH', location, bytes);
  const steps = record.calls.filter((call) => !call.startsWith('write ') && call !== `sync ${dirname(file())}`);
  expect(steps).toEqual(['row claim', `sync ${file()}`, 'row progress', 'answer 202']);
});
