import type { Server } from 'node:http';
import { MemoryBlobStore } from '@lading/blob-store';
import { closeFront, createFront, createLogger, listenOn } from '@lading/platform';
import type { AuthPort, BlobPort, ManifestPort, UploadPort } from '@lading/rpc';
import { createDistributionApp, type DistributionApp } from '../create-distribution-app.js';

let distribution: DistributionApp;
let server: Server;
let base: string;
const lines: string[] = [];
let asked = () => {};
let answer: () => void = () => {};

beforeAll(async () => {
  const logger = createLogger({
    service: 'spec',
    level: 'info',
    destination: { write: (line: string) => void lines.push(line) },
  });
  // Nobody without credentials gets as far as the other services.
  distribution = await createDistributionApp({
    uploads: {} as UploadPort,
    blobs: {} as BlobPort,
    manifests: {} as ManifestPort,
    // A password is not checked before the test says so.
    auth: {
      authorizeBasic: async () => {
        const answered = new Promise<void>((resolve) => {
          answer = resolve;
        });
        asked();
        await answered;
        return { authenticated: false, principal: '', credential: '', grants: [] };
      },
    } as Partial<AuthPort> as AuthPort,
    store: new MemoryBlobStore(),
    logger,
    settings: {
      challenge: 'bearer',
      manifestLimit: 4096,
      sparse: 'off',
      publicUrl: undefined,
      trustedProxies: ['127.0.0.1'],
    },
  });
  server = createFront([{ prefixes: ['/v2'], listener: distribution.listener }]);
  base = `http://127.0.0.1:${await listenOn(server, '127.0.0.1', 0)}`;
});
afterAll(() => distribution.app.close());

it('tells no status of a request whose client went away before one was sent', async () => {
  const reached = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const client = new AbortController();
  const headers = { authorization: `Basic ${Buffer.from('admin:password').toString('base64')}` };
  const cut = fetch(`${base}/v2/`, { headers, signal: client.signal }).catch(() => 'cut');
  await reached;
  client.abort();
  expect(await cut).toBe('cut');
  while (lines.length === 0) await new Promise((resolve) => setImmediate(resolve));
  answer();
  const logged = JSON.parse(lines.splice(0).join('')) as object;
  expect(logged).toMatchObject({ msg: 'request', method: 'GET', aborted: true });
  expect(logged).not.toHaveProperty('status');
});

it('writes one line for a request, with the client that a trusted proxy tells of', async () => {
  const told: Record<string, string>[] = [
    {},
    { 'x-forwarded-for': '192.0.2.7' },
    { forwarded: 'for="[2001:db8::7]:1"' },
  ];
  for (const headers of told)
    await fetch(`${base}/v2/acme/app/tags/list?n=1`, { headers }).then((answer) => answer.arrayBuffer());
  await closeFront(server); // A line is written when its answer is gone.
  const logged = lines.map((line) => JSON.parse(line) as { address: string });
  expect(logged).toMatchObject(
    ['127.0.0.1', '192.0.2.7', '2001:db8::7'].map((address) => ({
      msg: 'request',
      method: 'GET',
      path: '/v2/acme/app/tags/list',
      status: 401,
      address,
    })),
  );
});
