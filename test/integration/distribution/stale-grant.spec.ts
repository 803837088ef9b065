import { digestOf } from '@lading/oci';
import type { Grant } from '@lading/proto';
import type { AuthPort } from '@lading/rpc';
import { pushed } from '../metadata/support/content.js';
import { Registry } from '../metadata/support/registry.js';
import { serve } from './support/serve.js';

const GONE = 'gone/app';
const HERE = 'here/app';
const DIGEST = digestOf(Buffer.from('nothing has it'));
const UPLOAD = 'blobs/uploads/00000000-0000-4000-8000-000000000000';

let registry: Registry;
let url: string;
let close: () => Promise<void>;

/** Every caller has grants from before a project was deleted, as in a token that was given then. */
beforeAll(async () => {
  registry = await Registry.open();
  for (const name of [GONE, HERE]) await pushed(registry, name, { tags: ['v1'] });
  const { scopes: places } = await registry.scopes.resolveScopes({ names: [GONE, HERE] });
  const grants: Grant[] = places.map((place) => {
    return { ...place, type: 'repository', actions: ['pull', 'push', 'delete'], mayPush: true };
  });
  await registry.rows('UPDATE registry.project SET deleted_at = clock_timestamp() WHERE path = $1', [GONE]);
  const auth: Partial<AuthPort> = {
    authorizeBasic: async () => ({ authenticated: true, principal: 'account:1', credential: 'account:1', grants }),
  };
  ({ url, close } = await serve(registry, auth));
});
afterAll(() => close());

const PULL = `repository:${GONE}:pull`;
const PUSH = `repository:${GONE}:pull,push`;
const DELETE = `repository:${GONE}:delete`;

it.each([
  ['GET', `${GONE}/manifests/v1`, PULL],
  ['HEAD', `${GONE}/blobs/${DIGEST}`, PULL],
  ['GET', `${GONE}/tags/list`, PULL],
  ['GET', `${GONE}/referrers/${DIGEST}`, PULL],
  ['DELETE', `${GONE}/manifests/v1`, DELETE],
  ['DELETE', `${GONE}/manifests/${DIGEST}`, DELETE],
  ['DELETE', `${GONE}/blobs/${DIGEST}`, DELETE],
  ['POST', `${GONE}/blobs/uploads/`, PUSH],
  ['GET', `${GONE}/${UPLOAD}`, PUSH],
  ['DELETE', `${GONE}/${UPLOAD}`, PUSH],
  ['POST', `${GONE}/blobs/uploads/?mount=${DIGEST}&from=${HERE}`, `${PUSH} repository:${HERE}:pull`],
])('AUTH-05: a grant for a project that is gone is 401 at %s %s, with the scope %s', async (method, path, scope) => {
  const headers = { authorization: `Basic ${Buffer.from('admin:x').toString('base64')}` };
  const answer = await fetch(`${url}/v2/${path}`, { method, headers });
  const challenge = `Bearer realm="${url}/token",service="lading",scope="${scope}",error="invalid_token"`;
  expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, challenge]);
});
