import { BLOB_START, blobKey } from '@lading/blob-store';
import { digestOf } from '@lading/oci';
import { ScanKind, type Scope } from '@lading/proto';
import fc from 'fast-check';
import { edge } from '../metadata/support/content.js';
import { deliver, type Side } from './pair.js';

// What may be asked of a registry, on a few names, so that the askings meet.

const IMAGE = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';
const REPOSITORIES = ['team/app', 'team/app/side'];

const BLOBS = [0, 1, 2].map((n) => digestOf(Buffer.from(`blob ${n}`)));

interface Named {
  readonly body: Buffer;
  readonly digest: string;
  readonly mediaType: string;
  readonly edges: ReturnType<typeof edge>[];
  readonly subject?: string;
}

function named(words: string, mediaType: string, edges: Named['edges'], subject?: string): Named {
  const body = Buffer.from(words);
  return { body, digest: digestOf(body), mediaType, edges, ...(subject === undefined ? {} : { subject }) };
}

const blobEdges = (...at: number[]) => at.map((n) => edge(BLOBS[n] as string));
const entries = (of: readonly Named[], required: boolean) => of.map(({ digest }) => edge(digest, 'entry', required));

const IMAGES = [named('image 0', IMAGE, blobEdges(0)), named('image 1', IMAGE, blobEdges(0, 1))];
const REFERRER = named('referrer', IMAGE, blobEdges(2), IMAGES[0]?.digest);
const INDEXES = [
  named('index', INDEX, entries(IMAGES, true)),
  named('sparse', INDEX, entries([...IMAGES, REFERRER], false)),
];
const OUTER = named('outer', INDEX, entries(INDEXES, false));
const MANIFESTS = [...IMAGES, REFERRER, ...INDEXES, OUTER];

const repository = fc.constantFrom(...REPOSITORIES);
const blob = fc.constantFrom(...BLOBS);
const manifest = fc.constantFrom(...MANIFESTS.keys());
const tag = fc.constantFrom('one', 'two', `sha256-${'a'.repeat(64)}`);
const id = fc.uuid({ version: 4 });

const SCANS = [
  ScanKind.SCAN_KIND_UNTAGGED,
  ScanKind.SCAN_KIND_EXPUNGE,
  ScanKind.SCAN_KIND_LINK,
  ScanKind.SCAN_KIND_OBJECT,
  ScanKind.SCAN_KIND_REPOSITORY,
  ScanKind.SCAN_KIND_PROJECT,
];

/** One thing to ask, by name, with its figures; written so that a failing run can be read. */
export const ACT = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('upload' as const), repository, blob, id, objectId: id }) },
  fc.record({ kind: fc.constant('abandon' as const), repository, id, objectId: id }),
  fc.record({ kind: fc.constant('head' as const), repository, blob }),
  fc.record({ kind: fc.constant('mount' as const), repository, blob, id }),
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('push' as const),
      repository,
      manifest,
      tags: fc.array(tag, { maxLength: 2 }),
      id,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), repository, manifest, id }) },
  fc.record({ kind: fc.constant('untag' as const), repository, tag, id }),
  fc.record({ kind: fc.constant('delete blob' as const), repository, blob, id }),
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('restore' as const),
      repository,
      manifest,
      withoutTags: fc.boolean(),
      id,
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('collect' as const), work: fc.integer({ min: 0, max: 10 }) }) },
  fc.record({ kind: fc.constant('deliver' as const) }),
  fc.record({ kind: fc.constant('scan' as const), scan: fc.constantFrom(...SCANS) }),
);
export type Act = typeof ACT extends fc.Arbitrary<infer T> ? T : never;

async function scopeAt({ scopes }: Side, name: string): Promise<Scope> {
  const { groupLevel: _, ...found } = (await scopes.resolveScopes({ names: [name] })).scopes[0]!;
  return { ...found, principal: 'account:1', credential: 'account:1', mayPush: true };
}

/** The answer, without the times in it. */
export async function carryOut(side: Side, act: Act): Promise<unknown> {
  switch (act.kind) {
    case 'collect':
      return side.works[act.work]?.run();
    case 'deliver':
      return deliver(side);
    case 'scan':
      return side.collection.scan({ kind: act.scan, after: '', limit: 100 });
    default:
      return ask(side, await scopeAt(side, act.repository), act);
  }
}

type Asked = Exclude<Act, { kind: 'collect' | 'deliver' | 'scan' }>;

async function ask(side: Side, scope: Scope, act: Asked): Promise<unknown> {
  const { uploads, blobs, manifests, patient } = side;
  const digest = 'manifest' in act ? (MANIFESTS[act.manifest] as Named).digest : '';
  switch (act.kind) {
    case 'upload':
      return upload(side, scope, act);
    case 'abandon':
      await begin(side, scope, act);
      return uploads.abortUpload({ scope, uploadId: act.id, operationId: act.id });
    case 'head':
      return blobs.keepBlob({ scope, digest: act.blob });
    case 'mount': {
      const from = await scopeAt(side, REPOSITORIES.find((name) => name !== act.repository) as string);
      return blobs.mountBlob({ scope, from, digest: act.blob, operationId: act.id });
    }
    case 'push':
      return manifests.putManifest({
        scope,
        ...(MANIFESTS[act.manifest] as Named),
        tags: act.tags,
        annotations: {},
        operationId: act.id,
      });
    case 'delete':
      return manifests.deleteManifest({ scope, digest, operationId: act.id });
    case 'untag':
      return manifests.deleteTag({ scope, tag: act.tag, operationId: act.id });
    case 'delete blob':
      return blobs.deleteBlob({ scope, digest: act.blob, operationId: act.id });
    default:
      return patient.manifests.restoreManifest({ scope, digest, withoutTags: act.withoutTags, operationId: act.id });
  }
}

async function begin(
  { uploads, store }: Side,
  scope: Scope,
  { id: uploadId, objectId }: { id: string; objectId: string },
) {
  await uploads.beginUpload({ scope, uploadId, objectId, algorithm: 'sha256' });
  await store.begin(blobKey(objectId));
}

async function upload(side: Side, scope: Scope, act: { id: string; objectId: string; blob: string }) {
  await begin(side, scope, act);
  const { uploads, store } = side;
  const { upload: claimed } = await uploads.claimUpload({
    scope,
    uploadId: act.id,
    claimId: act.objectId,
    expectedOffset: 0,
  });
  await store.commit(blobKey(act.objectId), BLOB_START);
  const { uploadId, epoch, repositoryId } = claimed!;
  const finish = { scope, uploadId, epoch, digest: act.blob, size: 0, repositoryId };
  return [await uploads.finishUpload(finish), await uploads.finishUpload(finish)];
}
