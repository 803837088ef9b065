import { readFileSync } from 'node:fs';
import { digestBy } from './digest.js';
import { blobFile, type Descriptor, topOf } from './oci-layout.js';

/** Every manifest and blob below one reference, by digest. */
export type Contents = Map<string, Buffer>;

/** Gets the bytes a descriptor names; a manifest or index when `isManifest`, else a blob. */
export type Getter = (descriptor: Descriptor, isManifest: boolean) => Promise<Buffer>;

/** Types of what has children of its own. What an index lists as any other type is a blob, as in a build cache. */
const PARENTS = new Set([
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
]);

interface Manifest {
  manifests?: Descriptor[];
  config?: Descriptor;
  layers?: Descriptor[];
}

/** Reads everything below `top` and throws where the bytes are not what their digest or size says. */
export async function collect(top: Descriptor, get: Getter): Promise<Contents> {
  const found: Contents = new Map();
  const visit = async (descriptor: Descriptor, isManifest: boolean): Promise<void> => {
    const bytes = await get(descriptor, isManifest);
    const digest = digestBy(descriptor.digest.split(':')[0]!, bytes);
    if (digest !== descriptor.digest || bytes.length !== descriptor.size)
      throw new Error(`${descriptor.digest} (${descriptor.size} bytes) came as ${digest} (${bytes.length})`);
    found.set(descriptor.digest, bytes);
    if (!isManifest) return;
    const manifest = JSON.parse(bytes.toString()) as Manifest;
    for (const child of manifest.manifests ?? []) await visit(child, PARENTS.has(child.mediaType));
    for (const blob of [manifest.config ?? [], manifest.layers ?? []].flat()) await visit(blob, false);
  };
  await visit(top, true);
  return found;
}

/** The contents of a layout with one manifest or index in it. */
export function layoutContents(dir: string): Promise<Contents> {
  return collect(topOf(dir), (descriptor) => Promise.resolve(readFileSync(blobFile(dir, descriptor.digest))));
}

/** What keeps two contents from being the same bit for bit, a line each; empty where nothing does. */
export function differences(expected: Contents, found: Contents): string[] {
  const missing = [...expected.keys()].filter((digest) => !found.has(digest)).map((digest) => `${digest} is missing`);
  const more = [...found.keys()].filter((digest) => !expected.has(digest)).map((digest) => `${digest} is too much`);
  const changed = [...expected].filter(([digest, bytes]) => found.get(digest)?.equals(bytes) === false);
  return [...missing, ...more, ...changed.map(([digest]) => `${digest} has other bytes`)];
}

/** The configs and layers alone: what stays the same when a client writes manifests of another kind over them. */
export function blobsIn(contents: Contents): Contents {
  return new Map([...contents].filter(([, bytes]) => !/^\{\s*"schemaVersion"/.test(bytes.toString('latin1', 0, 40))));
}
