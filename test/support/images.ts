import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Descriptor, OciLayout, type Platform } from './oci-layout.js';
import { root } from './paths.js';
import { seededBytes } from './seeded-bytes.js';
import { tar } from './tar.js';

/** A layout on disk, named `v1` in it. */
export interface TestImage {
  dir: string;
  /** Digest of its manifest or index. */
  digest: string;
}

/** This machine's platform, on which containers run. */
export const AMD64: Platform = { os: 'linux', architecture: 'amd64' };

const PLATFORMS: Platform[] = [
  AMD64,
  { os: 'linux', architecture: 'arm64', variant: 'v8' },
  { os: 'linux', architecture: 's390x' },
];

/**
 * A root file system of 2 MB with a shell (busybox, linked statically). Equal for equal seeds and different for
 * different ones, so that no daemon knows its layers already.
 */
export function busyboxTar(seed: string): Buffer {
  const busybox = readFileSync(join(root, '.tools/share/busybox'));
  return tar([
    { name: 'bin/', mode: 0o755 },
    { name: 'bin/busybox', data: busybox, mode: 0o755 },
    ...['cat', 'echo', 'sh'].map((name) => ({ name: `bin/${name}`, link: 'busybox', mode: 0o777 })),
    { name: 'etc/', mode: 0o755 },
    { name: 'etc/seed', data: Buffer.from(seed) },
    { name: 'tmp/', mode: 0o777 },
  ]);
}

/** An image that runs: `ENTRYPOINT ["/bin/busybox"]`, two layers; the file `/etc/seed` holds the seed. */
export function runnableImage(dir: string, seed: string): TestImage {
  return write(dir, (layout) => {
    const layers = [layout.layer(busyboxTar(seed)), randomLayer(layout, 200_000, seed)];
    return layout.image(layers, AMD64, ['/bin/busybox']);
  });
}

/** The same with zstd layers. */
export function zstdImage(dir: string, seed: string): TestImage {
  return write(dir, (layout) => {
    const archives = [busyboxTar(seed), tar([{ name: 'data.bin', data: seededBytes(200_000, seed) }])];
    const layers = archives.map((archive) => layout.zstdLayer(archive));
    return layout.image(layers, AMD64, ['/bin/busybox']);
  });
}

/** An index of three platforms: one layer they share and one of their own each. The first runs. */
export function multiArchImage(dir: string, seed: string): TestImage {
  return write(dir, (layout) => {
    const shared = layout.layer(busyboxTar(seed));
    const manifests = PLATFORMS.map((platform) => {
      const own = randomLayer(layout, 100_000, `${seed} ${platform.architecture}`);
      return layout.image([shared, own], platform, ['/bin/busybox']);
    });
    return layout.index(manifests);
  });
}

/** An image of random layers, of these sizes in bytes. */
export function randomImage(dir: string, seed: string, sizes: number[]): TestImage {
  return write(dir, (layout) => {
    const layers = sizes.map((size, at) => randomLayer(layout, size, `${seed} ${at}`));
    return layout.image(layers, AMD64);
  });
}

/** What is no image: an `artifactType`, the empty config and one file of 3,000 bytes; about `subject`, if there is one. */
export function artifactImage(dir: string, seed: string, subject?: Descriptor): TestImage {
  return write(dir, (layout) => {
    const payload = layout.blob(seededBytes(3_000, seed), 'application/octet-stream');
    return layout.artifact('application/vnd.example.thing', payload, subject);
  });
}

function write(dir: string, make: (layout: OciLayout) => Descriptor): TestImage {
  const layout = new OciLayout(dir);
  const top = make(layout);
  layout.finish(top);
  return { dir, digest: top.digest };
}

function randomLayer(layout: OciLayout, size: number, seed: string) {
  return layout.layer(tar([{ name: 'data.bin', data: seededBytes(size, seed) }]));
}
