import { type Registry, startRegistry } from '../support/registry.js';
import { Http } from './support/http.js';

let registry: Registry;
let http: Http;
let anonymous: Http;

beforeAll(async () => {
  registry = await startRegistry();
  http = Http.asAdmin(registry);
  anonymous = new Http(registry);
});
afterAll(async () => {
  http?.close();
  anonymous?.close();
  await registry?.stop();
});

describe('HTTP-04, AUTH-02: characters that have no place in a header', () => {
  it.each(['a%22b/c', 'a%0Ab/c', 'a%0D%0Ax:y/c', 'a%E2%82%AC/c', 'a%00/c', 'a%5Cb/c'])(
    'in the name %s are answered, to anybody, with a well-formed challenge',
    async (name) => {
      for (const [method, path] of [
        ['GET', 'tags/list'],
        ['GET', 'manifests/v1'],
        ['POST', 'blobs/uploads/'],
        ['PATCH', 'blobs/uploads/x'],
      ] as const) {
        expect((await anonymous.send(method, `/v2/${name}/${path}`)).status).toBe(401);
        const known = await http.send(method, `/v2/${name}/${path}`);
        expect([known.status, known.codes]).toEqual([400, ['NAME_INVALID']]);
      }
    },
  );

  it.each(['a%22b/c', 'a%0Ab/c', 'a%E2%82%AC/c'])('in the source %s of a mount are answered too', async (from) => {
    const path = `/v2/a/b/blobs/uploads/?mount=sha256:${'0'.repeat(64)}&from=${from}`;
    expect((await anonymous.send('POST', path)).status).toBe(401);
    expect((await http.send('POST', path)).status).toBe(202);
  });
});
