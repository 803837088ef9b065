import type { PutManifestRequest } from '@lading/proto';
import {
  collects,
  deletesBlob,
  deletesManifest,
  PUSH_OF_BLOBS,
  PUSH_OF_KNOWN,
  PUSH_OF_MANIFESTS,
  pushes,
  removesLinks,
  restores,
} from './support/actors.js';
import { again, image, index } from './support/content.js';
import type { Actor, Meeting } from './support/lane.js';
import { broken, Lanes } from './support/meet.js';
import {
  type AgedImage,
  agedImage,
  agedReferrer,
  type DeletedImage,
  deletedTaggedImage,
  type LooseBlob,
  looseBlob,
} from './support/scenes.js';
import type { Sabotage } from './support/stepped-case.js';

// Each rule of docs/rules.md once more with half of it taken away. The meetings are those of the other specs, so what is
// proved here is that their silence means something.

let lanes: Lanes;
beforeAll(async () => {
  lanes = await Lanes.open();
});
afterAll(() => lanes.close());

function without<Scene>(actor: Actor<Scene>, sabotage: Sabotage): Actor<Scene> {
  return { ...actor, sabotage };
}

function cut(part: string): (text: string) => string {
  return (text) => text.replace(part, '');
}

/** The look after the lock finds nothing, whatever is there. */
function neverNeeded(text: string): string {
  return text.replace(/(EXISTS \([\s\S]*)AS needed/, 'false AS needed');
}

/** The rule is broken in at least one order, in this very way. */
function catches<Scene>(name: string, meeting: Meeting<Scene>, fault: string) {
  it(name, async () => {
    const found = broken(await lanes.run(meeting, 'pends'));
    expect(found.flatMap((result) => result.broken)).toContainEqual(expect.stringContaining(fault));
  });
}

const removal = deletesManifest(({ scope, digest }: AgedImage) => ({ scope, digest }));
const indexPush = pushes(({ scope, digest }: AgedImage) => index(scope, [digest]), PUSH_OF_MANIFESTS);
const tagPush = pushes(({ put }: AgedImage) => again(put, { tags: ['v1'] }), PUSH_OF_KNOWN);

describe('T1 is caught', () => {
  catches(
    'without FOR UPDATE before the check of a DELETE: an index loses its child',
    { arrange: agedImage, a: indexPush, b: without(removal, { 'lock-manifest-to-delete': cut('FOR UPDATE') }) },
    'a live index names a deleted manifest',
  );
  catches(
    'without the lock on the manifest that an index names: an index loses its child',
    { arrange: agedImage, a: without(indexPush, { 'share-live-manifests': cut('FOR KEY SHARE') }), b: removal },
    'a live index names a deleted manifest',
  );
  catches(
    'without the lock on the manifest that a tag names: a tag names nothing',
    { arrange: agedImage, a: without(tagPush, { 'lock-manifest-to-push': cut('FOR NO KEY UPDATE') }), b: removal },
    'a tag names a deleted manifest',
  );
});

describe('T6 is caught', () => {
  const push = pushes(({ scope, digest }: LooseBlob) => image(scope, [digest]), PUSH_OF_BLOBS);

  catches(
    'with lock and check in one statement: the link of a pushed manifest goes',
    {
      arrange: looseBlob,
      a: push,
      b: without(removesLinks<LooseBlob>(), {
        'lock-lapsed-links': (text) =>
          text
            .replace(
              'ORDER BY',
              `AND NOT EXISTS (SELECT 1 FROM registry.manifest_edge e
                 WHERE e.repository_id = l.repository_id AND e.digest = l.digest) ORDER BY`,
            )
            .replace('SKIP LOCKED', ''),
        'links-without-manifests': neverNeeded,
      }),
    },
    'a live manifest names a blob whose link is gone',
  );
  catches(
    'without the lock on the link in a push: the link of a pushed manifest goes',
    { arrange: looseBlob, a: without(push, { 'share-visible-links': cut('FOR KEY SHARE') }), b: removesLinks() },
    'a live manifest names a blob whose link is gone',
  );
});

describe('T7 is caught', () => {
  const push = pushes(({ scope, digest }: LooseBlob) => image(scope, [digest]), PUSH_OF_BLOBS);
  const remove = deletesBlob(({ scope, digest }: LooseBlob) => ({ scope, digest }));

  catches(
    'with the check before the lock: the link of a pushed manifest goes',
    { arrange: looseBlob, a: push, b: without(remove, { 'lock-link-to-delete': cut('FOR UPDATE') }) },
    'a live manifest names a blob whose link is gone',
  );
});

describe('T3 is caught', () => {
  const remove = deletesBlob(({ scope, blob }: DeletedImage) => ({ scope, digest: blob.digest }));

  catches(
    'without the lock on links in a restore: the restored manifest names a hidden link',
    {
      arrange: deletedTaggedImage,
      a: without(
        restores((scene: DeletedImage) => scene),
        { 'lock-links-to-restore': cut('FOR NO KEY UPDATE') },
      ),
      b: remove,
    },
    'a live manifest names a blob whose link is hidden',
  );
});

describe('T11 is caught', () => {
  const subjectPush = pushes(({ put }: { put: PutManifestRequest }) => put, PUSH_OF_MANIFESTS);

  catches(
    'without the lock on the referrers in a push of their subject: a referrer goes after the push',
    {
      arrange: agedReferrer,
      a: without(subjectPush, {
        'share-live-manifests': (text) => text.replace('OR subject = $3', 'OR $3::bytea IS NULL'),
      }),
      b: collects(),
    },
    'the collector took a referrer after its subject was pushed',
  );
  catches(
    'with lock and check of the collector in one statement: a referrer goes after the push',
    {
      arrange: agedReferrer,
      a: subjectPush,
      b: without(collects<{ put: PutManifestRequest }>(), {
        'lock-untagged': (text) =>
          text
            .replace('registry.manifest', 'registry.manifest m')
            .replace(
              'ORDER BY',
              `AND NOT EXISTS (SELECT 1 FROM registry.manifest s
                 WHERE s.repository_id = m.repository_id AND s.digest = m.subject) ORDER BY`,
            )
            .replace('SKIP LOCKED', ''),
        'untagged-without-names': neverNeeded,
      }),
    },
    'the collector took a referrer after its subject was pushed',
  );
});
