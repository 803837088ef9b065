import { createCipheriv, createHash } from 'node:crypto';

/** @typedef {{digest: string, size: number, parts: Buffer[]}} Blob */

const SUFFIX = 32;

/**
 * Endless different blobs of one size at no cost: all share their first bytes, whose hash is computed once, and differ
 * in the last 32. The bytes are an AES-CTR key stream of the seed, so they do not compress.
 */
export class BlobSource {
  #hash;
  #seed;
  #made = 0;

  /** @param {string} seed @param {number} size in bytes, more than 32 */
  constructor(seed, size) {
    const key = createHash('sha256').update(seed).digest();
    this.base = createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size - SUFFIX));
    this.size = size;
    this.#hash = createHash('sha256').update(this.base);
    this.#seed = seed;
  }

  /** @returns {Blob} one that this source has not given before */
  next() {
    this.#made += 1;
    const suffix = createHash('sha256').update(`${this.#seed} ${this.#made}`).digest();
    const digest = this.#hash.copy().update(suffix).digest('hex');
    return { digest: `sha256:${digest}`, size: this.size, parts: [this.base, suffix] };
  }
}

/** @param {Buffer} bytes */
export function digestOf(bytes) {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json';
const LAYER_TYPE = 'application/vnd.oci.image.layer.v1.tar+gzip';

/**
 * @param {string} unique makes the configuration, and so the image, one of its own
 * @returns {Blob}
 */
export function configBlob(unique) {
  const bytes = Buffer.from(
    JSON.stringify({
      created: '2023-11-14T22:13:20Z',
      architecture: 'amd64',
      os: 'linux',
      author: unique,
      config: { Env: ['PATH=/usr/bin:/bin'] },
      rootfs: { type: 'layers', diff_ids: [] },
    }),
  );
  return { digest: digestOf(bytes), size: bytes.length, parts: [bytes] };
}

/**
 * @param {Blob} config
 * @param {Blob[]} layers
 * @param {string} [note] an annotation that makes manifests of the same blobs differ
 * @returns {Buffer} about 730 bytes with three layers
 */
export function manifestOf(config, layers, note) {
  const descriptor = (/** @type {string} */ mediaType, /** @type {Blob} */ { digest, size }) => ({
    mediaType,
    digest,
    size,
  });
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: descriptor(CONFIG_TYPE, config),
      layers: layers.map((layer) => descriptor(LAYER_TYPE, layer)),
      ...(note === undefined ? {} : { annotations: { note } }),
    }),
  );
}
