import type { Setup } from './matrix.js';

/** What one part of the suite proves, with the ids of the requirements, and the tests that prove it. */
export interface Clause {
  says: string;
  /** Matches the names of its tests. */
  tests: RegExp;
  /** How many there are at 1.1; more where a version adds some. */
  least: number;
  /** False where the suite does not ask for it. */
  appliesTo?: (setup: Setup) => boolean;
}

const since11 = ({ version }: Setup) => version !== '1.0';
const inDev = ({ version }: Setup) => version === 'dev';
/** In the part that runs for sha256 and for sha512. */
const blobs = (rest: string) => new RegExp(`^sha(?:256|512) blobs/${rest}$`);
const manifests = (rest: string) => new RegExp(`^(?!sha(?:256|512) blobs/)[^/]+/${rest}$`);

export const CLAUSES: Clause[] = [
  { says: 'CT-01: answers the base endpoint', tests: /^ping$/, least: 1 },
  { says: 'CT-02: lists the tags of a repository without any', tests: /^empty\/tag list$/, least: 1 },
  {
    says: 'CT-02: answers an empty index for the referrers of a digest it does not know',
    tests: /^empty\/referrers$/,
    least: 1,
    appliesTo: since11,
  },
  { says: 'CT-03: answers 404 to a blob it does not have', tests: blobs('get-missing'), least: 2 },
  { says: 'CT-04: takes a blob in one POST', tests: blobs('post only/blob-post-only'), least: 2 },
  { says: 'CT-05: takes a blob in a POST and a PUT', tests: blobs('post\\+put/blob-post-put'), least: 2 },
  { says: 'CT-06: takes a blob in one chunk', tests: blobs('chunked single/.*chunked'), least: 2 },
  {
    says: 'CT-07: takes a blob in several chunks, the last of them by PATCH or by PUT',
    tests: blobs('chunked multi.*/.*chunked'),
    least: 4,
  },
  {
    says: 'CT-08: answers 416 to a chunk out of order, tells where the upload is, and goes on from there',
    tests: blobs('chunked out-of-order.*/.*chunked'),
    least: 4,
  },
  { says: 'CT-09: takes a blob in a stream of unknown length', tests: blobs('stream/blob-patch-stream'), least: 2 },
  { says: 'CT-10: mounts a blob of another repository', tests: blobs('mount/blob-mount'), least: 2 },
  {
    says: 'CT-10: mounts a blob without being told where it is',
    tests: blobs('mount anonymous/blob-mount-anonymous'),
    least: 2,
    appliesTo: since11,
  },
  {
    says: 'CT-10: opens an upload where the blob to mount is missing',
    tests: blobs('mount missing/blob-mount'),
    least: 2,
  },
  {
    says: 'CT-11: answers 204 to an upload being cancelled',
    tests: blobs('post cancel/blob-post-cancel'),
    least: 2,
    appliesTo: inDev,
  },
  {
    says: 'CT-12: gives the length and the bytes of each blob, and answers 404 once it is deleted',
    tests: blobs('.*/blob-(?:head|get|delete)'),
    least: 82,
  },
  {
    says: 'CT-13, BLOB-05, BLOB-06, BLOB-07: answers range requests with 206 and the bytes, or with 416',
    tests: blobs('range requests/range .*'),
    least: 12,
  },
  { says: 'CT-14: takes a blob of no bytes, and one of two', tests: blobs('empty(?:JSON)?/blob-[a-z-]+'), least: 16 },
  { says: 'CT-15: answers 400 to bytes that are not what their digest says', tests: blobs('bad digest .*'), least: 10 },
  {
    says: 'CT-17, CT-23: takes manifests by digest and by tag, and gives them back at the location it tells',
    tests: manifests('push/manifest-by-.*'),
    least: 59,
  },
  { says: 'CT-18: lists every tag, whole and from a tag on', tests: manifests('tag-list'), least: 18 },
  {
    says: 'CT-19: gives manifests and blobs by tag and by digest, with their length, type and bytes',
    tests: manifests('(?:head|pull)/.*'),
    least: 258,
  },
  {
    says: 'CT-20: lists referrers with type, size and annotations, all of them or those of one type',
    tests: manifests('referrers'),
    least: 4,
    appliesTo: since11,
  },
  {
    says: 'CT-21: deletes tags, then manifests, then blobs, each at once',
    tests: manifests('delete/.*'),
    least: 133,
  },
  {
    says: 'CT-22: answers 404 to a manifest it does not have and 400 to a digest that is none',
    tests: /^(?:missing-manifest\/by-(?:digest|tag)|invalid-digest-format\/manifest-(?:get|put))$/,
    least: 4,
  },
];

/** The kinds of content that the suite pushes, lists, pulls and deletes, as the branches of its tree are named. */
export function contentOf({ version, sparse }: Setup): string[] {
  return [
    'artifact',
    'artifact-index',
    'artifact-without-layers',
    'artifacts-with-subject',
    'bad-digest-image',
    'custom-fields',
    'data-field',
    'empty-index',
    'image',
    'image-uncompressed',
    'index',
    'index-with-subject',
    'large-manifest',
    'missing-subject',
    'nested-index',
    'no-layers',
    'non-distributable-layers',
    'sha512',
    ...(sparse === 'all' ? ['sparse'] : []),
    ...(version === 'dev' ? ['tag-param-sha256', 'tag-param-sha512'] : []),
  ];
}
