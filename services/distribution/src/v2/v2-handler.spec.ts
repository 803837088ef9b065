import { createLogger } from '@lading/platform';
import { type SpecDistribution, serveDistribution } from '../spec-distribution.js';

let distribution: SpecDistribution;
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
  distribution = await serveDistribution({
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
    },
    logger,
    settings: { trustedProxies: ['127.0.0.1'] },
  });
  base = `http://127.0.0.1:${distribution.port}`;
});
afterAll(() => distribution.close());

/** A line is written when its answer is gone, which a client may see earlier. */
async function logged(count: number): Promise<void> {
  while (lines.length < count) await new Promise((resolve) => setImmediate(resolve));
}

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
  await logged(1);
  answer();
  const line = JSON.parse(lines.splice(0).join('')) as object;
  expect(line).toMatchObject({ msg: 'request', method: 'GET', aborted: true });
  expect(line).not.toHaveProperty('status');
});

it('writes one line for a request, with the client that a trusted proxy tells of', async () => {
  const told: Record<string, string>[] = [
    {},
    { 'x-forwarded-for': '192.0.2.7' },
    { forwarded: 'for="[2001:db8::7]:1"' },
  ];
  for (const headers of told)
    await fetch(`${base}/v2/acme/app/tags/list?n=1`, { headers }).then((answer) => answer.arrayBuffer());
  await logged(told.length);
  expect(lines.map((line) => JSON.parse(line))).toMatchObject(
    ['127.0.0.1', '192.0.2.7', '2001:db8::7'].map((address) => ({
      msg: 'request',
      method: 'GET',
      path: '/v2/acme/app/tags/list',
      status: 401,
      address,
    })),
  );
});
