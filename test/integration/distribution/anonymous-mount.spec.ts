import { randomBytes } from 'node:crypto';
import { digestOf } from '@lading/oci';
import type { Grant, ScopeRequest } from '@lading/proto';
import type { AuthPort } from '@lading/rpc';
import { Registry } from '../metadata/support/registry.js';
import { serve } from './support/serve.js';

// Who may pull what is laid down here: `auth` knows an administrator so far, who may pull everything.

/** `owner` may do everything; `guest` pushes to its own project and pulls what is shared. */
function actionsOf(username: string, name: string): string[] {
  if (username === 'owner' || name.startsWith('guest/own/')) return ['pull', 'push', 'delete'];
  return name.startsWith('owner/shared/') ? ['pull'] : [];
}

let registry: Registry;
let url: string;
let close: () => Promise<void>;

beforeAll(async () => {
  registry = await Registry.open();
  const grants = async (username: string, scopes: readonly ScopeRequest[]): Promise<Grant[]> => {
    const { scopes: places } = await registry.scopes.resolveScopes({ names: scopes.map(({ name }) => name) });
    return scopes.map((scope, at) => {
      const actions = actionsOf(username, scope.name).filter((action) => scope.actions.includes(action));
      return { ...scope, ...places[at]!, actions, mayPush: actions.includes('push') };
    });
  };
  const auth: Partial<AuthPort> = {
    authorizeBasic: async ({ username, scopes }) => ({
      authenticated: true,
      principal: username,
      credential: username,
      grants: await grants(username, scopes),
    }),
    authorizePull: async ({ principal, names }) => {
      const asked = names.map((name) => ({ type: 'repository', name, actions: ['pull'] }));
      return { grants: (await grants(principal, asked)).filter(({ actions }) => actions.includes('pull')) };
    },
  };
  ({ url, close } = await serve(registry, auth));
});
afterAll(() => close());

async function send(username: string, method: string, path: string, body?: Buffer) {
  const headers = { authorization: `Basic ${Buffer.from(`${username}:x`).toString('base64')}` };
  const answer = await fetch(url + path, { method, headers, body });
  return { status: answer.status, headers: answer.headers, body: await answer.text() };
}

/** Pushes a blob that nothing else has. @returns its digest */
async function push(username: string, name: string, bytes = randomBytes(100)): Promise<string> {
  const digest = digestOf(bytes);
  const answer = await send(username, 'POST', `/v2/${name}/blobs/uploads/?digest=${digest}`, bytes);
  expect(answer.status).toBe(201);
  return digest;
}

const mount = (digest: string, name = 'guest/own/app') =>
  send('guest', 'POST', `/v2/${name}/blobs/uploads/?mount=${digest}`);
/** What an answer says, but for what differs with each request. */
const told = ({ status, headers, body }: Awaited<ReturnType<typeof send>>) => {
  const steady = [...headers].map(([name, value]) => [name, value.replace(/[0-9a-f-]{36}/, '<id>')]);
  return { status, body, headers: steady.filter(([name]) => !['date', 'x-request-id'].includes(name!)) };
};

describe('regression opencontainers/distribution-spec#275, #585: a mount without a source', () => {
  it('tells of a blob in repositories that the caller may not pull what it tells of one that nobody has', async () => {
    const secret = await push('owner', 'owner/secret/app');
    for (let n = 0; n < 3; n++) {
      const [there, nowhere] = [await mount(secret), await mount(digestOf(randomBytes(8)))];
      expect(there.status).toBe(202);
      expect(told(there)).toEqual(told(nowhere));
      expect((await send('guest', 'HEAD', `/v2/guest/own/app/blobs/${secret}`)).status).toBe(404);
    }
  });

  it('is 201 for what the caller may pull, also where others have it too', async () => {
    const bytes = randomBytes(100);
    const digest = await push('owner', 'owner/shared/app', bytes);
    await push('owner', 'owner/secret/app', bytes);
    const mounted = await mount(digest, 'guest/own/mounted');
    expect([mounted.status, mounted.headers.get('docker-content-digest')]).toEqual([201, digest]);
    expect((await send('guest', 'HEAD', `/v2/guest/own/mounted/blobs/${digest}`)).status).toBe(200);
  });

  it('uploads a blob that only others have, and theirs are as they were', async () => {
    const bytes = randomBytes(100);
    const digest = await push('owner', 'owner/secret/app', bytes);
    const { headers } = await mount(digest);
    const put = await send('guest', 'PUT', `${headers.get('location')}?digest=${digest}`, bytes);
    expect(put.status).toBe(201);
    expect((await send('guest', 'DELETE', `/v2/guest/own/app/blobs/${digest}`)).status).toBe(202);
    expect((await send('owner', 'HEAD', `/v2/owner/secret/app/blobs/${digest}`)).status).toBe(200);
  });
});
