import { digestOf, digestToBytes } from '@lading/oci';

// What is pushed: few things that share their parts, so that whoever lets go of one meets whoever needs another.

const IMAGE = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';
const BLOB = 'application/octet-stream';

export const REPOSITORIES = ['team/app', 'team/side'] as const;

export interface Piece {
  readonly digest: string;
  readonly body: Buffer;
}

export interface Image extends Piece {
  readonly mediaType: string;
  readonly blobs: readonly Piece[];
  /** Of an index. */
  readonly children: readonly Image[];
}

function pieceOf(words: string): Piece {
  const body = Buffer.from(words);
  return { digest: digestOf(body), body };
}

const descriptor = (mediaType: string, { digest, body }: Piece) => ({ mediaType, digest, size: body.length });

export const BLOBS = ['blob 0', 'blob 1', 'blob 2'].map(pieceOf);

/** The same bytes for the same words. */
export function imageOf(words: string, at: readonly number[], subject?: Image): Image {
  const blobs = at.map((n) => BLOBS[n] as Piece);
  const [config, ...layers] = blobs.map((blob) => descriptor(BLOB, blob));
  const named = subject && { subject: descriptor(subject.mediaType, subject) };
  const manifest = { schemaVersion: 2, mediaType: IMAGE, config, layers, ...named, annotations: { words } };
  return { ...pieceOf(JSON.stringify(manifest)), mediaType: IMAGE, blobs, children: [] };
}

function indexOf(children: readonly Image[]): Image {
  const manifests = children.map((child) => descriptor(child.mediaType, child));
  const index = { schemaVersion: 2, mediaType: INDEX, manifests };
  return { ...pieceOf(JSON.stringify(index)), mediaType: INDEX, blobs: [], children };
}

const FIRST = imageOf('first', [0]);
const SECOND = imageOf('second', [0, 1]);

/** What anybody pushes and deletes. */
export const SHARED = [
  FIRST,
  SECOND,
  imageOf('third', [2, 1]),
  imageOf('referrer', [2], FIRST),
  indexOf([FIRST, SECOND]),
];

/** What one client pushes, and nobody deletes. */
export const OWN = [imageOf('own 0', [0, 1]), imageOf('own 1', [1]), imageOf('own 2', [0, 2])];

const stored = new Map(
  [...BLOBS, ...SHARED, ...OWN].map(({ digest }) => [digest, digestToBytes(digest as never).toString('hex')]),
);

/** As the database keeps it. */
export function storedDigest(digest: string): string | undefined {
  return stored.get(digest);
}
