import { randomUUID } from 'node:crypto';
import { digestOf, digestToBytes, parseDigest } from '@lading/oci';
import type { ManifestEdge, PutManifestRequest, Scope } from '@lading/proto';
import type { Registry } from './registry.js';

const INDEX = 'application/vnd.oci.image.index.v1+json';
const IMAGE = 'application/vnd.oci.image.manifest.v1+json';

let made = 0;

/** A digest that nothing in this run has yet. */
export function freshDigest(): string {
  made += 1;
  return digestOf(Buffer.from(`content ${process.pid} ${made}`));
}

/** As the database keeps it. */
export function stored(digest: string): Buffer {
  return digestToBytes(parseDigest(digest));
}

export function edge(digest: string, kind: 'blob' | 'entry' | 'other' = 'blob', required = true): ManifestEdge {
  return { digest, size: 10, kind, required };
}

type Wish = Partial<Omit<PutManifestRequest, 'edges'>> & { edges?: ManifestEdge[] };

/** A manifest that names these blobs; its body, and so its digest, is new unless `body` is given. */
export function image(scope: Scope, blobs: readonly string[], wish: Wish = {}): PutManifestRequest {
  return manifest(scope, { mediaType: IMAGE, edges: blobs.map((digest) => edge(digest)), ...wish });
}

/** An index of these manifests. */
export function index(scope: Scope, children: readonly string[], wish: Wish = {}): PutManifestRequest {
  return manifest(scope, { mediaType: INDEX, edges: children.map((digest) => edge(digest, 'entry')), ...wish });
}

function manifest(scope: Scope, wish: Wish): PutManifestRequest {
  made += 1;
  const body = wish.body ?? Buffer.from(`manifest ${process.pid} ${made}`);
  return {
    scope,
    digest: digestOf(body),
    mediaType: IMAGE,
    body,
    edges: [],
    tags: [],
    annotations: {},
    operationId: randomUUID(),
    ...wish,
  };
}

/** The same PUT by another request. */
export function again(request: PutManifestRequest, more: Partial<PutManifestRequest> = {}): PutManifestRequest {
  return { ...request, operationId: randomUUID(), ...more };
}

export interface PushedBlob {
  digest: string;
  objectId: string;
}

/** Uploads a blob, through begin and finish. */
export async function upload(registry: Registry, scope: Scope, digest = freshDigest()): Promise<PushedBlob> {
  const ids = { scope, uploadId: randomUUID(), objectId: randomUUID() };
  await registry.uploads.beginUpload({ ...ids, algorithm: 'sha256' });
  const { objectId } = await registry.uploads.finishUpload({
    scope,
    uploadId: ids.uploadId,
    epoch: 0,
    digest,
    size: 10,
  });
  return { digest, objectId };
}

/** A repository with a blob and an image of it; the scope knows its project. */
export async function pushed(registry: Registry, name: string, wish: Wish = {}) {
  const first = await registry.scope(name);
  const blob = await upload(registry, first);
  const scope = await registry.scope(name);
  const put = image(scope, [blob.digest], wish);
  const { manifestId } = await registry.manifests.putManifest(put);
  return { scope, blob, put, digest: put.digest, manifestId };
}

/** A name that nothing in this run has yet. */
export function freshName(prefix = 'acme/app'): string {
  made += 1;
  return `${prefix}/r${made}`;
}
