import { type Blob, makeBlob } from '../faults/load/image.js';
import { digestOf } from '../support/digest.js';

/** A manifest as it goes over the wire, with all that it needs to be pushed. */
export interface Content {
  readonly digest: string;
  readonly bytes: Buffer;
  readonly type: string;
  readonly blobs: readonly Blob[];
  /** Of an index. */
  readonly children: readonly Content[];
  /** Digest of what it refers to. */
  readonly subject?: string;
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar';

/** What a client accepts. */
export const ACCEPT = `${MANIFEST}, ${INDEX}`;

/** An image with a configuration of its own; with a subject it is a referrer of that. */
export function imageOf(seed: string, layers: readonly Blob[], subject?: Content): Content {
  const bytes = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', seed }));
  const config = { digest: digestOf(bytes), bytes };
  const body = {
    schemaVersion: 2,
    mediaType: MANIFEST,
    ...(subject ? { artifactType: 'application/vnd.example.signature' } : {}),
    config: descriptor(CONFIG, config),
    layers: layers.map((layer) => descriptor(LAYER, layer)),
    ...(subject ? { subject: descriptor(subject.type, subject) } : {}),
  };
  return contentOf(MANIFEST, body, { blobs: [config, ...layers], children: [], subject: subject?.digest });
}

export function indexOf(children: readonly Content[]): Content {
  const manifests = children.map((child) => descriptor(child.type, child));
  return contentOf(INDEX, { schemaVersion: 2, mediaType: INDEX, manifests }, { blobs: [], children });
}

const shared = new Map<number, Blob>();

/** A layer that images of all clients have, while they have it. */
export function sharedLayer(number: number): Blob {
  const layer = shared.get(number) ?? makeBlob(30_000, `shared layer ${number}`);
  shared.set(number, layer);
  return layer;
}

function contentOf(type: string, body: object, parts: Pick<Content, 'blobs' | 'children' | 'subject'>): Content {
  const bytes = Buffer.from(JSON.stringify(body));
  return { digest: digestOf(bytes), bytes, type, ...parts };
}

function descriptor(mediaType: string, { digest, bytes }: Blob): { mediaType: string; digest: string; size: number } {
  return { mediaType, digest, size: bytes.length };
}
