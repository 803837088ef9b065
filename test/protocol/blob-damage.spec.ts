import { once } from 'node:events';
import { appendFileSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { seededBytes } from '../support/seeded-bytes.js';
import { BEYOND_BUFFERS } from './support/beyond-buffers.js';
import { putBlobFile } from './support/blob-file.js';
import { digestOf } from './support/content.js';
import { useRegistry } from './support/use-registry.js';

// Files of the store are damaged behind the registry's back, as a disk or a person may do. The database knows the length.

const MIB = 1024 * 1024;

const { registry, http } = useRegistry();
let count = 0;

const stored = (bytes: Buffer) => putBlobFile(registry, http, 'damage/app', bytes);
/** Bytes of its own each time: what was read before may be in the server's memory, and right. */
const fresh = (length: number) => seededBytes(length, `damage ${++count}`);

/** An error with the right body, or a connection that ends before everything came: never an answer that looks whole. */
async function refused(path: string, range?: string): Promise<void> {
  const outcome = await http.send('GET', path, { headers: { range } }).catch((error: Error) => error);
  if (outcome instanceof Error) {
    expect(outcome.message).toMatch(/aborted|hang up|ECONNRESET/);
    return;
  }
  expect([range, outcome.status, outcome.codes]).toEqual([range, 500, ['UNKNOWN']]);
  expect(String(outcome.body)).not.toContain(registry.dataDir);
}

const LENGTHS = [2048, 100_000, 3 * MIB + 7];

describe.each(LENGTHS)('BLOB-18, ERR-11: a blob of %i bytes', (length) => {
  it.each([
    ['is empty', () => 0],
    ['lacks all but its first byte', () => 1],
    ['lacks its second half', () => Math.floor(length / 2)],
    ['lacks its last byte', () => length - 1],
  ])('whose file %s is an error, and is whole again once the file is', async (_, left) => {
    const bytes = fresh(length);
    const { path, file } = await stored(bytes);
    truncateSync(file, left());
    for (const range of [undefined, `bytes=${length - 10}-`, 'bytes=-1', `bytes=0-${left()}`]) {
      await refused(path, range);
    }
    const { status, headers } = await http.send('HEAD', path);
    expect([status, headers['content-length']]).toEqual([200, `${length}`]);
    writeFileSync(file, bytes);
    expect(digestOf((await http.send('GET', path)).body)).toBe(digestOf(bytes));
  });

  it('whose file is gone is an error', async () => {
    const { path, file } = await stored(fresh(length));
    unlinkSync(file);
    for (const range of [undefined, 'bytes=0-9']) await refused(path, range);
  });

  it('whose file has more is as long as it was pushed', async () => {
    const bytes = fresh(length);
    const { path, file } = await stored(bytes);
    appendFileSync(file, 'more');
    const answer = await http.send('GET', path);
    expect([answer.status, answer.headers['content-length']]).toEqual([200, `${length}`]);
    expect(digestOf(answer.body)).toBe(digestOf(bytes));
  });
});

it('BLOB-18: a file that is cut while it is read ends the connection before the length that was announced', async () => {
  const bytes = fresh(BEYOND_BUFFERS);
  const { path, file } = await stored(bytes);
  const { hostname, port } = new URL(registry.url);
  const asked = request({ host: hostname, port, path, headers: { authorization: http.authorization } });
  asked.end();
  const [answer] = await once(asked, 'response');
  expect([answer.statusCode, answer.headers['content-length']]).toEqual([200, `${bytes.length}`]);
  truncateSync(file, BEYOND_BUFFERS / 2);
  let received = 0;
  const reading = (async () => {
    for await (const piece of answer) received += piece.length;
  })();
  await expect(reading).rejects.toThrow('aborted');
  expect(received).toBeLessThan(bytes.length);
  expect((await http.send('GET', '/v2/')).status).toBe(200);
});
