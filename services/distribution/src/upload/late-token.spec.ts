import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { blobKey, MemoryBlobStore } from '@lading/blob-store';
import type { Upload } from '@lading/proto';
import type { UploadPort } from '@lading/rpc';
import { type SpecDistribution, serveDistribution } from '../spec-distribution.js';

// Tokens are signed here, with the times that a case needs: no test waits for one to end.

const ISSUER = 'installation';
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const MINUTE = 60_000;
const BYTES = Buffer.from('a layer that took long');
const DIGEST = `sha256:${createHash('sha256').update(BYTES).digest('hex')}`;
const ID = '00000000-0000-4000-8000-000000000001';
const OBJECT = '00000000-0000-7000-8000-000000000002';
const AT = `/v2/team/app/blobs/uploads/${ID}`;

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** @param sinceMs how long ago it was issued and ended, milliseconds */
function tokenOf(principal: string, sinceMs: { issued: number; ended: number }): string {
  const seconds = (ms: number) => Math.floor((Date.now() - ms) / 1000);
  const access = [{ type: 'repository', name: 'team/app', actions: ['pull', 'push'], push: true }];
  const [iat, exp] = [seconds(sinceMs.issued), seconds(sinceMs.ended)];
  const claims = { iss: ISSUER, aud: 'lading', sub: principal, cred: principal, jti: 'j', iat, nbf: iat, exp, access };
  const text = `${encoded({ alg: 'ES256', kid: 'k' })}.${encoded(claims)}`;
  return `${text}.${sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

const ENDED = { issued: 70 * MINUTE, ended: 60 * MINUTE };

let upload: Upload;
let distribution: SpecDistribution;

beforeEach(async () => {
  const openedAtMs = Date.now() - 65 * MINUTE;
  upload = {
    uploadId: ID,
    objectId: OBJECT,
    algorithm: 'sha256',
    offset: 0,
    epoch: 0,
    principal: 'account:1',
    openedAtMs,
    ttlMs: 60_000,
    repositoryId: 1,
  };
  const uploads: Partial<UploadPort> = {
    getUpload: async ({ uploadId }) => ({ upload: uploadId === ID ? upload : undefined }),
    claimUpload: async () => ({ upload }),
    recordProgress: async ({ offset }) => {
      upload = { ...upload, offset };
      return { held: true };
    },
    finishUpload: async () => ({ objectId: OBJECT }),
    abortUpload: async () => ({}),
  };
  const jwks = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'ES256' }] });
  const store = new MemoryBlobStore();
  await store.begin(blobKey(OBJECT));
  distribution = await serveDistribution({ uploads, auth: { getKeys: async () => ({ jwks, issuer: ISSUER }) }, store });
});
afterEach(() => distribution.close());

async function send(token: string, method: string, path: string, body?: Buffer) {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`http://127.0.0.1:${distribution.port}${path}`, { method, headers, body });
  await answer.arrayBuffer();
  return { status: answer.status, challenge: answer.headers.get('www-authenticate') ?? '' };
}

describe('D-10, UPL-45: a token that ended', () => {
  const refused = async (token: string, method: string, path: string) => {
    const { status, challenge } = await send(token, method, path);
    expect([method, path, status]).toEqual([method, path, 401]);
    expect(challenge).toContain('error="invalid_token"');
  };

  it('regression moby/moby#33558, containers/image#1907, cesanta/docker_auth#240, distribution/distribution#1616: goes on with the upload it opened, and closes it', async () => {
    const token = tokenOf('account:1', ENDED);
    expect((await send(token, 'GET', AT)).status).toBe(204);
    expect((await send(token, 'PATCH', AT, BYTES)).status).toBe(202);
    expect((await send(token, 'PUT', `${AT}?digest=${DIGEST}`)).status).toBe(201);
  });

  it('cancels the upload it opened', async () => {
    expect((await send(tokenOf('account:1', ENDED), 'DELETE', AT)).status).toBe(204);
  });

  it('does nothing else', async () => {
    const token = tokenOf('account:1', ENDED);
    for (const [method, path] of [
      ['GET', '/v2/'],
      ['POST', '/v2/team/app/blobs/uploads/'],
      ['GET', AT.replace(/1$/, '9')],
      ['PUT', '/v2/team/app/manifests/v1'],
      ['HEAD', `/v2/team/app/blobs/${DIGEST}`],
      ['GET', '/v2/team/app/tags/list'],
    ] as const) {
      await refused(token, method, path);
    }
  });

  it.each([
    ['of somebody else', 'account:2', ENDED],
    ['that ended before the upload was opened', 'account:1', { issued: 90 * MINUTE, ended: 80 * MINUTE }],
    ['that was issued after the upload was opened', 'account:1', { issued: 62 * MINUTE, ended: 61 * MINUTE }],
  ])('%s does not reach the upload', async (_, principal, since) => {
    for (const method of ['GET', 'PATCH', 'PUT', 'DELETE']) await refused(tokenOf(principal, since), method, AT);
  });

  it('limit late-token: reaches the upload for a day and no longer', async () => {
    const day = 24 * 60 * MINUTE;
    upload = { ...upload, openedAtMs: Date.now() - day - 5 * MINUTE };
    const endedAgo = (ended: number) => tokenOf('account:1', { issued: day + 10 * MINUTE, ended });
    expect((await send(endedAgo(day - MINUTE), 'PATCH', AT, BYTES)).status).toBe(202);
    await refused(endedAgo(day + MINUTE), 'PATCH', AT);
  });
});
