import { artifactImage, multiArchImage, randomImage, runnableImage, type TestImage } from '../support/images.js';

interface Sample {
  /** As a test's name says it. */
  what: string;
  /** As a repository's last component says it. */
  name: string;
  make(dir: string, seed: string): TestImage;
}

/** What every client pushes and pulls, bit for bit. */
export const SAMPLES: Sample[] = [
  { what: 'an image', name: 'image', make: runnableImage },
  { what: 'an index and every platform', name: 'index', make: multiArchImage },
  { what: 'an artifact', name: 'artifact', make: artifactImage },
  {
    what: 'an image of 25 MB in four layers',
    name: 'large',
    make: (dir, seed) => randomImage(dir, seed, [12e6, 8e6, 4e6, 1e6]),
  },
];
