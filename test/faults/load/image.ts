import { digestOf } from '../../support/digest.js';
import { seededBytes } from '../../support/seeded-bytes.js';

export interface Blob {
  digest: string;
  bytes: Buffer;
}

/** A small image as it goes over the wire: its config and layers, and the manifest that names them. */
export interface Image {
  digest: string;
  manifest: Buffer;
  blobs: Blob[];
}

export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';

/** The layer that every image of a load has. */
export const baseLayer: Blob = makeBlob(150_000, 'base layer');

export function makeBlob(size: number, seed: string): Blob {
  const bytes = seededBytes(size, seed);
  return { digest: digestOf(bytes), bytes };
}

/** Four blobs: a config, the base layer and two layers of these sizes; all but the base layer its own. */
export function makeImage(seed: string, sizes: readonly [number, number]): Image {
  const layers = [baseLayer, ...sizes.map((size, at) => makeBlob(size, `${seed} ${at}`))];
  const config = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', seed }));
  const blobs = [{ digest: digestOf(config), bytes: config }, ...layers];
  const [first, ...rest] = blobs.map(({ digest, bytes }, at) => ({
    mediaType: at === 0 ? 'application/vnd.oci.image.config.v1+json' : 'application/vnd.oci.image.layer.v1.tar',
    digest,
    size: bytes.length,
  }));
  const body = { schemaVersion: 2, mediaType: MANIFEST_TYPE, config: first, layers: rest };
  const manifest = Buffer.from(JSON.stringify(body));
  return { digest: digestOf(manifest), manifest, blobs };
}
