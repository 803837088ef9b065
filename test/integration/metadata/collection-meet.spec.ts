import type { PutManifestRequest } from '@lading/proto';
import {
  claims,
  collects,
  deletesBlob,
  expunges,
  finishes,
  keeps,
  mounts,
  PUSH_OF_BLOBS,
  PUSH_OF_KNOWN,
  PUSH_OF_MANIFESTS,
  pushes,
  removesLinks,
  restores,
} from './support/actors.js';
import { again, edge, image, index } from './support/content.js';
import { Lanes } from './support/meet.js';
import { meets } from './support/meets.js';
import {
  condemnAll,
  condemnedBlob,
  condemnedBlobAndTarget,
  type DeletedImage,
  deletedImage,
  deletedTaggedImage,
  type LooseBlob,
  type LooseBlobAndTarget,
  lapse,
  looseBlob,
  type OpenUpload,
  openUpload,
} from './support/scenes.js';

// The collector's last steps, each against what gives its object or manifest a new reference.

let lanes: Lanes;
beforeAll(async () => {
  lanes = await Lanes.open();
});
afterAll(() => lanes.close());

describe('a collector that claims a condemned object', () => {
  meets('a push of an image of it', () => lanes, {
    meeting: {
      arrange: condemnedBlob,
      a: pushes((scene: LooseBlob) => image(scene.scope, [scene.digest]), PUSH_OF_BLOBS),
      b: claims(),
    },
    legal: ['done / 0 claimed', 'manifestBlobUnknown / 1 claimed'],
  });
  meets('a HEAD that promises it', () => lanes, {
    meeting: { arrange: condemnedBlob, a: keeps((scene: LooseBlob) => scene), b: claims() },
    legal: ['kept / 0 claimed', 'unknown / 1 claimed'],
  });
  meets('a mount of it', () => lanes, {
    meeting: { arrange: condemnedBlobAndTarget, a: mounts((scene: LooseBlobAndTarget) => scene), b: claims() },
    legal: ['mounted / 0 claimed', 'not mounted / 1 claimed'],
  });
  meets<OpenUpload>('the end of an upload of the same bytes', () => lanes, {
    meeting: {
      arrange: async (registry) => {
        const { digest } = await looseBlob(registry);
        await condemnAll(registry);
        return openUpload(registry, undefined, digest);
      },
      a: finishes((scene: OpenUpload) => scene),
      b: claims(),
    },
    legal: ['done / 0 claimed', 'done / 1 claimed'],
  });
  meets('a DELETE of the blob', () => lanes, {
    meeting: { arrange: condemnedBlob, a: deletesBlob((scene: LooseBlob) => scene), b: claims() },
    legal: ['done / 1 claimed', 'blobUnknown / 1 claimed'],
  });
  meets('the removal of its link', () => lanes, {
    meeting: { arrange: condemnedBlob, a: removesLinks(), b: claims() },
    legal: ['1 removed / 1 claimed', '0 removed / 1 claimed'],
  });
});

describe('a collector that expunges a manifest', () => {
  const expunge = expunges(({ manifestId }: DeletedImage) => manifestId);

  meets('a push that brings it back', () => lanes, {
    meeting: { arrange: deletedImage, a: pushes(({ put }: DeletedImage) => again(put), PUSH_OF_KNOWN), b: expunge },
    // A push that found the row, and not any more when it locked it, starts over.
    legal: ['done / spared', 'done / expunged', '40001 / expunged'],
  });
  meets('a push of an index that brings it back', () => lanes, {
    meeting: {
      arrange: (registry) => deletedImage(registry, 'collector'),
      a: pushes(({ scope, digest }: DeletedImage) => index(scope, [digest]), PUSH_OF_MANIFESTS),
      b: expunge,
    },
    legal: ['done / spared', 'manifestBlobUnknown / expunged'],
  });
  meets('a push of another image of its blob', () => lanes, {
    meeting: {
      arrange: deletedImage,
      a: pushes(({ scope, blob }: DeletedImage) => image(scope, [blob.digest]), PUSH_OF_BLOBS),
      b: expunge,
    },
    legal: ['done / expunged'],
  });
  meets('a push of a referrer of it', () => lanes, {
    meeting: {
      arrange: deletedImage,
      a: pushes<DeletedImage>(
        ({ scope, blob, digest }): PutManifestRequest => image(scope, [blob.digest], { subject: digest }),
        PUSH_OF_MANIFESTS,
      ),
      b: expunge,
    },
    legal: ['done / expunged'],
  });
  meets('a DELETE of its blob', () => lanes, {
    meeting: {
      arrange: deletedImage,
      a: deletesBlob(({ scope, blob }: DeletedImage) => ({ scope, digest: blob.digest })),
      b: expunge,
    },
    legal: ['done / expunged'],
  });
  meets('the removal of its links', () => lanes, {
    meeting: {
      arrange: async (registry) => {
        const scene = await deletedImage(registry);
        await lapse(registry);
        return scene;
      },
      a: removesLinks(),
      b: expunge,
    },
    legal: ['0 removed / expunged', '1 removed / expunged'],
  });
  meets('another collector that hides what is untagged', () => lanes, {
    meeting: { arrange: deletedImage, a: collects(), b: expunge },
    legal: ['0 collected / expunged'],
  });
});

describe('a restore of a manifest', () => {
  const restore = restores((scene: DeletedImage) => scene);

  meets('a collector that expunges it', () => lanes, {
    meeting: { arrange: deletedTaggedImage, a: restore, b: expunges(({ manifestId }: DeletedImage) => manifestId) },
    legal: ['restored / spared', 'manifestUnknown / expunged'],
  });
  meets('another restore of it', () => lanes, {
    meeting: { arrange: deletedTaggedImage, a: restore, b: restore },
    legal: ['restored / manifestUnknown', 'manifestUnknown / restored'],
  });
  meets('a push of the same bytes', () => lanes, {
    meeting: {
      arrange: deletedTaggedImage,
      a: restore,
      b: pushes(({ put }: DeletedImage) => again(put), PUSH_OF_KNOWN),
    },
    legal: ['restored / done', 'manifestUnknown / done'],
  });
  meets('a push of an index that may lack it', () => lanes, {
    meeting: {
      arrange: deletedTaggedImage,
      a: restore,
      b: pushes(
        ({ scope, digest }: DeletedImage) => index(scope, [], { edges: [edge(digest, 'entry', false)] }),
        PUSH_OF_MANIFESTS,
      ),
    },
    legal: ['restored / done'],
  });
  meets('a push of other bytes under its tag', () => lanes, {
    meeting: {
      arrange: deletedTaggedImage,
      a: restore,
      b: pushes(
        ({ scope, blob }: DeletedImage) => image(scope, [blob.digest], { tags: ['v1'] }),
        ['share-live-objects', 'insert-manifest', 'set-tags'],
      ),
    },
    legal: ['restored / done', 'conflict / done'],
  });
  meets('a DELETE of its blob', () => lanes, {
    meeting: {
      arrange: deletedTaggedImage,
      a: restore,
      b: deletesBlob(({ scope, blob }: DeletedImage) => ({ scope, digest: blob.digest })),
    },
    legal: ['restored / unsupported', 'restored / done'],
  });
  meets('the removal of its links', () => lanes, {
    meeting: {
      arrange: async (registry) => {
        const scene = await deletedTaggedImage(registry);
        await lapse(registry);
        return scene;
      },
      a: restore,
      b: removesLinks(),
    },
    legal: ['restored / 0 removed'],
  });
});
