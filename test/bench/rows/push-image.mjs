import { BlobSource, configBlob, manifestOf } from '../load/content.mjs';
import { pushBlob, pushManifest } from '../load/push.mjs';

const LAYER_BYTES = 10_000;
const LAYERS = 3;

/** Different small images without end: a configuration, three layers of 10 KB, a manifest with a tag. */
export class ImageSource {
  #layers;
  #seed;
  #made = 0;

  /** @param {string} seed */
  constructor(seed) {
    this.#layers = new BlobSource(`${seed} layers`, LAYER_BYTES);
    this.#seed = seed;
  }

  next() {
    this.#made += 1;
    const config = configBlob(`${this.#seed} ${this.#made}`);
    const layers = Array.from({ length: LAYERS }, () => this.#layers.next());
    return { tag: `image-${this.#made}`, config, layers, manifest: manifestOf(config, layers) };
  }
}

/**
 * One image the way a client pushes it, on one connection: its blobs, then the manifest.
 * @param {import('../load/session.mjs').Session} session
 * @param {import('../load/connection.mjs').Connection} connection
 * @param {string} repository
 * @param {ReturnType<ImageSource['next']>} image
 */
export async function pushImage(session, connection, repository, { tag, config, layers, manifest }) {
  for (const blob of [...layers, config]) await pushBlob(session, connection, repository, blob);
  await pushManifest(session, connection, repository, tag, manifest);
}
