import { type RecordingProxy, startProxy } from '../support/proxy.js';
import { answersIn, head, Raw } from './support/raw.js';
import { useRegistry } from './support/use-registry.js';

const { registry } = useRegistry();
let proxy: RecordingProxy;
beforeAll(async () => {
  proxy = await startProxy(() => registry.url);
});
afterAll(() => proxy.close());

describe('the recording proxy', () => {
  const put = (length: number) =>
    head('PUT', '/v2/early/app/manifests/v1', `Content-Length: ${length}`, 'Content-Type: application/json');

  it('passes an answer on that does not wait for the body, and takes the rest and the next request', async () => {
    const size = 3_900_000;
    const raw = Raw.open(proxy, put(size));
    raw.write(Buffer.alloc(size / 2, 'x'));
    expect((await raw.answered(1))[0]?.status).toBe(401);
    raw.write(Buffer.alloc(size / 2, 'x'));
    raw.write(head('GET', '/v2/'));
    expect((await raw.answered(2)).map(({ status }) => status)).toEqual([401, 401]);
    expect(raw.broken).toBe(false);
    raw.cut();
  });

  it('is seen to be left by a client that leaves in the midst of its body', async () => {
    const before = proxy.requests.length;
    const raw = Raw.open(proxy, put(3_900_000));
    raw.write(Buffer.alloc(1_000, 'x'));
    await raw.answered(1);
    raw.cut();
    expect(answersIn(await raw.ended()).answers).toHaveLength(1);
    expect(proxy.requests.slice(before)).toMatchObject([{ method: 'PUT', status: 401 }]);
  });
});
