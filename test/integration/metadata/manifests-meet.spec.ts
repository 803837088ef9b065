import type { PutManifestRequest, Scope } from '@lading/proto';
import {
  collects,
  deletesBlob,
  deletesManifest,
  finishes,
  PUSH_OF_KNOWN,
  PUSH_OF_MANIFESTS,
  PUSH_THAT_REVIVES,
  pushes,
} from './support/actors.js';
import { again, edge, freshDigest, freshName, image, index, pushed } from './support/content.js';
import { Lanes } from './support/meet.js';
import { meets } from './support/meets.js';
import type { Registry } from './support/registry.js';
import {
  type AgedImage,
  agedImage,
  agedReferrer,
  hideAsCollector,
  type OpenUpload,
  openUpload,
} from './support/scenes.js';

let lanes: Lanes;
beforeAll(async () => {
  lanes = await Lanes.open();
});
afterAll(() => lanes.close());

interface TwoPushes {
  one: PutManifestRequest;
  two: PutManifestRequest;
}

const removal = deletesManifest((scene: { scope: Scope; digest: string }) => scene);

describe('a push of an index', () => {
  const push = pushes(({ scope, digest }: AgedImage) => index(scope, [digest]), PUSH_OF_MANIFESTS);

  meets('a DELETE of its child', () => lanes, {
    meeting: { arrange: agedImage, a: push, b: removal },
    legal: ['done / unsupported', 'manifestBlobUnknown / done'],
  });
  meets('a collector that takes its child', () => lanes, {
    meeting: { arrange: agedImage, a: push, b: collects() },
    // A child that was collected first comes back under its old id.
    legal: ['done / 0 collected', 'done / 1 collected'],
  });
  meets('another push of an index of a child that the collector had taken', () => lanes, {
    meeting: {
      arrange: async (registry) => {
        const scene = await agedImage(registry);
        await hideAsCollector(registry, scene.digest);
        return scene;
      },
      a: pushes(({ scope, digest }: AgedImage) => index(scope, [digest]), PUSH_THAT_REVIVES),
      b: pushes(({ scope, digest }: AgedImage) => index(scope, [digest]), PUSH_THAT_REVIVES),
    },
    legal: ['done / done'],
  });
  meets('a DELETE of a blob of a collected child that it brings back', () => lanes, {
    meeting: {
      arrange: async (registry) => {
        const scene = await agedImage(registry);
        await hideAsCollector(registry, scene.digest);
        return scene;
      },
      a: push,
      b: deletesBlob(({ scope, blob }: AgedImage) => ({ scope, digest: blob.digest })),
    },
    legal: ['done / unsupported', 'manifestBlobUnknown / done'],
  });
});

describe('a push of an index of a collected index', () => {
  meets<{ scope: Scope; digest: string; put: PutManifestRequest }>(
    'a DELETE of the grandchild that it brings back',
    () => lanes,
    {
      meeting: {
        arrange: async (registry) => {
          const { scope, digest } = await pushed(registry, freshName());
          const inner = index(scope, [digest]);
          await registry.manifests.putManifest(inner);
          await hideAsCollector(registry, inner.digest);
          return { scope, digest, put: index(scope, [inner.digest]) };
        },
        a: pushes(({ put }) => put, PUSH_OF_MANIFESTS),
        b: removal,
      },
      legal: ['done / unsupported', 'manifestBlobUnknown / done'],
    },
  );
});

describe('a push of a tag', () => {
  const tag = pushes(({ put }: AgedImage) => again(put, { tags: ['v1'] }), PUSH_OF_KNOWN);

  meets('a DELETE of its manifest', () => lanes, {
    meeting: { arrange: agedImage, a: tag, b: removal },
    legal: ['done / done'],
  });
  meets('a collector that takes its manifest', () => lanes, {
    meeting: { arrange: agedImage, a: tag, b: collects() },
    legal: ['done / 0 collected', 'done / 1 collected'],
  });
  meets<{ scope: Scope; digest: string; next: PutManifestRequest }>(
    'a DELETE of the manifest that the tag leaves',
    () => lanes,
    {
      meeting: {
        arrange: async (registry: Registry) => {
          const old = await pushed(registry, freshName(), { tags: ['v1'] });
          const next = image(old.scope, [old.blob.digest]);
          await registry.manifests.putManifest(next);
          return { scope: old.scope, digest: old.digest, next };
        },
        a: pushes(({ next }: { next: PutManifestRequest }) => again(next, { tags: ['v1'] }), PUSH_OF_KNOWN),
        b: removal,
      },
      legal: ['done / done'],
    },
  );
  meets('another push of the same tag to another manifest', () => lanes, {
    meeting: {
      arrange: async (registry: Registry): Promise<TwoPushes> => {
        const { scope, blob, put } = await pushed(registry, freshName());
        const other = image(scope, [blob.digest]);
        await registry.manifests.putManifest(other);
        return { one: again(put, { tags: ['v1'] }), two: again(other, { tags: ['v1'] }) };
      },
      a: pushes(({ one }: TwoPushes) => one, PUSH_OF_KNOWN),
      b: pushes(({ two }: TwoPushes) => two, PUSH_OF_KNOWN),
    },
    legal: ['done / done'],
  });
});

describe('a push of a subject', () => {
  meets('a collector that takes its referrer', () => lanes, {
    meeting: {
      arrange: agedReferrer,
      a: pushes(({ put }: { put: PutManifestRequest }) => put, PUSH_OF_MANIFESTS),
      b: collects(),
    },
    legal: ['done / 0 collected', 'done / 1 collected'],
  });
});

describe('a push of a referrer', () => {
  meets<TwoPushes>('the push of its subject', () => lanes, {
    meeting: {
      arrange: async (registry) => {
        const { scope, blob } = await pushed(registry, freshName());
        const subject = image(scope, [blob.digest]);
        return { one: image(scope, [blob.digest], { subject: subject.digest }), two: subject };
      },
      a: pushes(({ one }) => one, PUSH_OF_MANIFESTS),
      b: pushes(({ two }) => two, PUSH_OF_MANIFESTS),
    },
    legal: ['done / done'],
  });
});

describe('a push of a manifest with an edge that may lack its target', () => {
  meets('the push of that manifest', () => lanes, {
    meeting: {
      arrange: async (registry): Promise<TwoPushes> => {
        const { scope, blob } = await pushed(registry, freshName());
        const child = image(scope, [blob.digest]);
        return { one: index(scope, [], { edges: [edge(child.digest, 'entry', false)] }), two: child };
      },
      a: pushes(({ one }: TwoPushes) => one, PUSH_OF_MANIFESTS),
      b: pushes(({ two }: TwoPushes) => two, PUSH_OF_MANIFESTS),
    },
    legal: ['done / done'],
  });
  meets<OpenUpload & { put: PutManifestRequest }>('the end of the upload of that blob', () => lanes, {
    meeting: {
      arrange: async (registry) => {
        const { scope, blob } = await pushed(registry, freshName());
        const open = await openUpload(registry, scope.name, freshDigest());
        const edges = [edge(blob.digest), edge(open.digest, 'blob', false)];
        return { ...open, put: image(scope, [], { edges }) };
      },
      a: pushes(({ put }: { put: PutManifestRequest }) => put, ['share-live-objects', 'insert-manifest']),
      b: finishes((scene: OpenUpload) => scene),
    },
    legal: ['done / done'],
  });
});

describe('a push of a new manifest', () => {
  meets('a push of the same bytes', () => lanes, {
    meeting: {
      arrange: async (registry): Promise<TwoPushes> => {
        const { scope, blob } = await pushed(registry, freshName());
        const put = image(scope, [blob.digest], { tags: ['a'] });
        return { one: put, two: again(put, { tags: ['b'] }) };
      },
      a: pushes(({ one }: TwoPushes) => one, PUSH_OF_MANIFESTS),
      b: pushes(({ two }: TwoPushes) => two, PUSH_OF_MANIFESTS),
    },
    legal: ['done / done'],
  });
});

describe('a DELETE of a manifest', () => {
  meets('another DELETE of it', () => lanes, {
    meeting: { arrange: agedImage, a: removal, b: removal },
    legal: ['done / manifestUnknown', 'manifestUnknown / done'],
  });
  meets('a collector that takes it', () => lanes, {
    meeting: { arrange: agedImage, a: removal, b: collects() },
    legal: ['done / 0 collected', 'manifestUnknown / 1 collected'],
  });
});
