import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { digestOf } from '../support/digest.js';
import { removeScratch, scratch } from '../support/scratch.js';
import { seededBytes } from '../support/seeded-bytes.js';
import { Http } from './http.js';
import { ADMIN, Lading } from './lading.js';

const PIECES = 20;

let dir: string;
let http: Http | undefined;

beforeEach(() => {
  dir = scratch();
});

afterEach(async () => {
  http?.close();
  await Lading.killAll();
  removeScratch(dir);
});

/** A server, and an upload of 640 kB of which the first quarter is sent. */
async function startWithUpload() {
  const server = new Lading(join(dir, 'data'));
  http = new Http({ url: await server.ready(), ...ADMIN });
  const bytes = seededBytes(PIECES * 32_768, 'slow');
  const path = `/v2/team/app/blobs/uploads/?digest=${digestOf(bytes)}`;
  const upload = http.open('POST', path, { 'content-length': bytes.length });
  const send = async (from: number, to: number) => {
    for (let at = from; at < to; at += 1) {
      await upload.write(bytes.subarray(at * 32_768, (at + 1) * 32_768));
      await delay(50);
    }
  };
  await send(0, PIECES / 4);
  return { server, upload, send, digest: digestOf(bytes) };
}

function databaseLog(): string {
  return readFileSync(join(dir, 'data/postgres.log'), 'utf8');
}

it.each(['SIGINT', 'SIGTERM'] as const)(
  'HTTP-29: ends an upload in flight before it stops on %s, database last',
  async (signal) => {
    const { server, upload, send, digest } = await startWithUpload();
    const before = databaseLog().length;
    server.signal(signal);
    await delay(200);
    await expect(http!.send('GET', '/v2/')).rejects.toThrow('ECONNREFUSED');
    await send(PIECES / 4, PIECES);
    upload.end();
    expect((await upload.answer).status).toBe(201);
    expect(await server.exit()).toBe(0);
    expect(server.complaints).toEqual([]);
    expect(databaseLog().slice(before)).toContain('database system is shut down');
    expect(server.hasDatabase).toBe(false);

    const next = new Lading(join(dir, 'data'));
    const again = new Http({ url: await next.ready(), ...ADMIN });
    expect((await again.send('HEAD', `/v2/team/app/blobs/${digest}`)).status).toBe(200);
    again.close();
    expect(databaseLog()).not.toContain('automatic recovery');
  },
);

it('ends at once on a second signal, and the next start works', async () => {
  const { server } = await startWithUpload();
  server.signal('SIGINT');
  await delay(700);
  const begun = Date.now();
  server.signal('SIGINT');
  expect(await server.exit()).toBe(1);
  expect(Date.now() - begun).toBeLessThan(1_000);
  expect(server.complaints).toEqual([expect.stringContaining('stopped at once by a second signal')]);
  await new Lading(join(dir, 'data')).ready();
});

it('takes two signals of one Ctrl-C as one', async () => {
  const { server, upload, send } = await startWithUpload();
  server.signal('SIGINT');
  server.signal('SIGINT');
  await send(PIECES / 4, PIECES);
  upload.end();
  expect((await upload.answer).status).toBe(201);
  expect(await server.exit()).toBe(0);
});

it('waits no longer than it was told for a client that sends nothing more', async () => {
  const server = new Lading(join(dir, 'data'), { LADING_DRAIN_TIMEOUT: '1s' });
  http = new Http({ url: await server.ready(), ...ADMIN });
  const upload = http.open('POST', `/v2/team/app/blobs/uploads/?digest=${digestOf(Buffer.alloc(9))}`, {
    'content-length': 9,
  });
  await upload.write(Buffer.alloc(1));
  await delay(100);
  server.signal('SIGINT');
  expect(await server.exit(10)).toBe(1);
  await expect(upload.answer).rejects.toThrow();
  await new Lading(join(dir, 'data')).ready();
});
