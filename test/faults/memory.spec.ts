import { createHash, type Hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Registry, startRegistry } from '../support/registry.js';
import { seededBytes } from '../support/seeded-bytes.js';
import { Http } from './http.js';

const MIB = 1024 * 1024;
const UPLOADS = '/v2/team/app/blobs/uploads/';

/** How much higher the peak of the large blob may be. */
const ALLOWANCE_MIB = 30;

const WAYS = ['POST and PUT', 'POST, one streaming PATCH, PUT'] as const;

/** A blob of this many mebibytes, made on the way: no two blocks are alike, and nobody holds more than one. */
function* blocks(mebibytes: number): Generator<Buffer> {
  const random = seededBytes(MIB, 'blocks');
  for (let at = 0; at < mebibytes; at += 1) {
    const block = Buffer.from(random);
    block.writeUInt32BE(at);
    yield block;
  }
}

function digestOfBlocks(mebibytes: number): string {
  const hash = createHash('sha256');
  for (const block of blocks(mebibytes)) hash.update(block);
  return formatted(hash);
}

function formatted(hash: Hash): string {
  return `sha256:${hash.digest('hex')}`;
}

/** The largest resident set a process has had, in MiB. */
function peakMib(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;
}

async function push(http: Http, way: (typeof WAYS)[number], mebibytes: number, digest: string): Promise<void> {
  const location = (await http.send('POST', UPLOADS)).headers.location!;
  const inChunks = way !== 'POST and PUT';
  const upload = inChunks
    ? http.open('PATCH', location)
    : http.open('PUT', `${location}?digest=${digest}`, { 'content-length': mebibytes * MIB });
  for (const block of blocks(mebibytes)) await upload.write(block);
  upload.end();
  expect((await upload.answer).status).toBe(inChunks ? 202 : 201);
  if (inChunks) expect((await http.send('PUT', `${location}?digest=${digest}`)).status).toBe(201);
}

async function pull(http: Http, digest: string): Promise<void> {
  const hash = createHash('sha256');
  expect(await http.download(`/v2/team/app/blobs/${digest}`, (piece) => hash.update(piece))).toBe(200);
  expect(formatted(hash)).toBe(digest);
}

/** Pushes and pulls one blob with a server of its own, whose peak is the answer. */
async function peakFor(way: (typeof WAYS)[number], mebibytes: number): Promise<number> {
  const digest = digestOfBlocks(mebibytes);
  const registry: Registry = await startRegistry({ LADING_LOG_LEVEL: 'warn' });
  const http = new Http(registry);
  try {
    const begun = Date.now();
    await push(http, way, mebibytes, digest);
    const pushed = Date.now();
    await pull(http, digest);
    const peak = peakMib(registry.pids[0]!);
    const seconds = [pushed - begun, Date.now() - pushed].map((ms) => (ms / 1000).toFixed(1));
    const what = `memory.spec: ${mebibytes} MiB by ${way}: peak ${peak.toFixed(1)} MiB`;
    process.stdout.write(`${what}, push ${seconds[0]} s, pull ${seconds[1]} s\n`);
    return peak;
  } finally {
    http.close();
    await registry.stop();
  }
}

it.each(WAYS)(
  'HTTP-22, regression goharbor/harbor#11687, cloudflare/serverless-registry#119: takes no more memory for 1 GiB than for 100 MiB: %s',
  async (way) => {
    const small = await peakFor(way, 100);
    const large = await peakFor(way, 1024);
    expect(large - small).toBeLessThan(ALLOWANCE_MIB);
  },
);

if (process.env.LADING_NIGHT) {
  it('takes no more memory for 20 GiB than for 100 MiB', async () => {
    const small = await peakFor('POST, one streaming PATCH, PUT', 100);
    const large = await peakFor('POST, one streaming PATCH, PUT', 20 * 1024);
    expect(large - small).toBeLessThan(ALLOWANCE_MIB);
  }, 1_800_000);
}
