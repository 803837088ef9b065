import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { digestOf } from './digest.js';

export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  platform?: Platform;
  artifactType?: string;
  annotations?: Record<string, string>;
}

export interface Platform {
  os: string;
  architecture: string;
  variant?: string;
}

export interface Layer extends Descriptor {
  /** Digest of the tar before compression. */
  diffId: string;
}

const OCI = 'application/vnd.oci';
const MANIFEST = `${OCI}.image.manifest.v1+json`;
const INDEX = `${OCI}.image.index.v1+json`;
const REF_NAME = 'org.opencontainers.image.ref.name';
const CREATED = '2023-11-14T22:13:20Z';

/** Writes one image, index or artifact as an OCI image layout: a folder that every client here reads. */
export class OciLayout {
  constructor(readonly dir: string) {
    mkdirSync(join(dir, 'blobs/sha256'), { recursive: true });
    writeFileSync(join(dir, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  }

  blob(bytes: Buffer, mediaType: string): Descriptor {
    const digest = digestOf(bytes);
    writeFileSync(blobFile(this.dir, digest), bytes);
    return { mediaType, digest, size: bytes.length };
  }

  /** A gzip layer in stored blocks: quick, equal under every zlib, and left as it is by clients that would compress. */
  layer(archive: Buffer): Layer {
    const compressed = gzipSync(archive, { level: 0 });
    return { ...this.blob(compressed, `${OCI}.image.layer.v1.tar+gzip`), diffId: digestOf(archive) };
  }

  /** A zstd layer, by the `zstd` command: this Node has no such compressor. */
  zstdLayer(archive: Buffer): Layer {
    const compressed = execFileSync('zstd', ['-q', '-c'], { input: archive, maxBuffer: archive.length * 2 });
    return { ...this.blob(compressed, `${OCI}.image.layer.v1.tar+zstd`), diffId: digestOf(archive) };
  }

  image(layers: Layer[], platform: Platform, entrypoint?: string[]): Descriptor {
    const config = this.json(`${OCI}.image.config.v1+json`, {
      created: CREATED,
      ...platform,
      config: { Env: ['PATH=/bin'], ...(entrypoint && { Entrypoint: entrypoint }) },
      rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.diffId) },
      history: layers.map((_, at) => ({ created: CREATED, created_by: `layer ${at}` })),
    });
    const descriptors = layers.map(({ diffId, ...descriptor }) => descriptor);
    return { ...this.json(MANIFEST, { schemaVersion: 2, mediaType: MANIFEST, config, layers: descriptors }), platform };
  }

  index(manifests: Descriptor[]): Descriptor {
    return this.json(INDEX, { schemaVersion: 2, mediaType: INDEX, manifests });
  }

  artifact(artifactType: string, payload: Descriptor, subject?: Descriptor): Descriptor {
    const config = this.blob(Buffer.from('{}'), `${OCI}.empty.v1+json`);
    const manifest = {
      schemaVersion: 2,
      mediaType: MANIFEST,
      artifactType,
      config,
      layers: [payload],
      ...(subject && { subject }),
    };
    return { ...this.json(MANIFEST, manifest), artifactType };
  }

  /** Makes `descriptor` what the layout is about, under the name `v1`. */
  finish(descriptor: Descriptor): void {
    const named = { ...descriptor, annotations: { [REF_NAME]: 'v1' } };
    writeFileSync(
      join(this.dir, 'index.json'),
      JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [named] }),
    );
  }

  private json(mediaType: string, value: object): Descriptor {
    return this.blob(Buffer.from(JSON.stringify(value)), mediaType);
  }
}

/** What a layout is about: the only descriptor in its `index.json`, or the one that is named `v1`. */
export function topOf(dir: string): Descriptor {
  const { manifests } = JSON.parse(readFileSync(join(dir, 'index.json'), 'utf8')) as { manifests: Descriptor[] };
  if (manifests.length === 1) return manifests[0]!;
  const named = manifests.find(({ annotations }) => annotations?.[REF_NAME] === 'v1');
  if (named === undefined) throw new Error(`${dir}/index.json names ${manifests.length} manifests, none of them v1`);
  return named;
}

/** Where a layout keeps a blob. */
export function blobFile(dir: string, digest: string): string {
  return join(dir, 'blobs', digest.replace(':', '/'));
}
