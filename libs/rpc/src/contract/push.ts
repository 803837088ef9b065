import { digestOf } from '@lading/oci';
import type { PutManifestRequest, Scope } from '@lading/proto';
import type { RegistryPorts } from './registry-ports.js';
import { uuidOf } from './uuid-of.js';

const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';

/** What a grant says of a name at this moment, for an account that may push. */
export async function scopeOf(ports: RegistryPorts, name: string, principal = 'account:1'): Promise<Scope> {
  const { scopes } = await ports.scopes.resolveScopes({ names: [name] });
  const [place] = scopes;
  if (!place) throw new Error(`no answer for ${name}`);
  const { groupLevel: _, ...grant } = place;
  return { ...grant, principal, credential: principal, mayPush: true };
}

/** A session that the words name, and its object. */
export function sessionOf(words: string) {
  return { uploadId: uuidOf(`upload ${words}`), objectId: uuidOf(`object ${words}`), algorithm: 'sha256' };
}

/** Uploads the words as a blob, without a byte in any store. @returns its digest */
export async function pushBlob(ports: RegistryPorts, scope: Scope, words: string): Promise<string> {
  const bytes = Buffer.from(words);
  const session = sessionOf(`${scope.name} ${words}`);
  const { uploadId } = session;
  await ports.uploads.beginUpload({ scope, ...session });
  const claimId = uuidOf(`claim ${scope.name} ${words}`);
  const { upload } = await ports.uploads.claimUpload({ scope, uploadId, claimId });
  const digest = digestOf(bytes);
  await ports.uploads.finishUpload({ scope, uploadId, epoch: upload?.epoch ?? -1, digest, size: bytes.length });
  return digest;
}

/** A manifest whose bytes are the words, naming these blobs, and the call that puts it. */
export function manifestOf(
  scope: Scope,
  words: string,
  more: Partial<
    Pick<PutManifestRequest, 'body' | 'subject' | 'artifactType' | 'annotations' | 'annotationsJson' | 'tags' | 'edges'>
  > & {
    blobs?: readonly string[];
  } = {},
): PutManifestRequest {
  const { blobs = [], ...rest } = more;
  const body = more.body ?? Buffer.from(words);
  return {
    scope,
    digest: digestOf(body),
    mediaType: MANIFEST_TYPE,
    body,
    edges: blobs.map((digest) => ({ digest, size: 1, kind: 'blob', required: true })),
    tags: [],
    annotations: {},
    operationId: uuidOf(`put ${scope.name} ${words}`),
    ...rest,
  };
}
