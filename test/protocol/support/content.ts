import { createHash } from 'node:crypto';
import type { Answer } from './answer.js';
import type { Http } from './http.js';

export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
export const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';

/** A digest that nothing has. */
export const NOWHERE = `sha256:${'0'.repeat(64)}`;

export function digestOf(bytes: Buffer | string, algorithm: 'sha256' | 'sha512' = 'sha256'): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

/** POST with the whole blob. @returns its digest */
export async function putBlob(http: Http, repository: string, bytes: Buffer | string): Promise<string> {
  const digest = digestOf(bytes);
  const answer = await http.send('POST', `/v2/${repository}/blobs/uploads/?digest=${digest}`, {
    body: Buffer.from(bytes),
  });
  expect(answer.status).toBe(201);
  return digest;
}

/** Opens an upload. @returns its location */
export async function openUpload(http: Http, repository: string, query = ''): Promise<string> {
  const answer = await http.send('POST', `/v2/${repository}/blobs/uploads/${query}`);
  expect(answer.status).toBe(202);
  return answer.headers.location!;
}

/** Config and layers are pushed before. @returns the manifest's bytes */
export async function imageOf(http: Http, repository: string, words: string, more: object = {}): Promise<Buffer> {
  const config = JSON.stringify({ words });
  const [configDigest, layer] = [await putBlob(http, repository, config), await putBlob(http, repository, words)];
  const manifest = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: configDigest, size: config.length },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: layer, size: Buffer.byteLength(words) }],
    ...more,
  };
  return Buffer.from(JSON.stringify(manifest));
}

export function putManifest(
  http: Http,
  repository: string,
  reference: string,
  body: Buffer | readonly Buffer[],
  type: string | undefined = OCI_MANIFEST,
): Promise<Answer> {
  return http.send('PUT', `/v2/${repository}/manifests/${reference}`, { headers: { 'content-type': type }, body });
}

/** Pushes an image under a tag. @returns the manifest's digest */
export async function pushImage(
  http: Http,
  repository: string,
  tag: string,
  words = `${repository} ${tag}`,
): Promise<string> {
  const body = await imageOf(http, repository, words);
  expect((await putManifest(http, repository, tag, body)).status).toBe(201);
  return digestOf(body);
}
