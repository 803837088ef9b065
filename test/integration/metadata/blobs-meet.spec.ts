import type { Scope } from '@lading/proto';
import {
  condemns,
  deletesBlob,
  deletesManifest,
  finishes,
  keeps,
  mounts,
  PUSH_OF_BLOBS,
  pushes,
  removesLinks,
} from './support/actors.js';
import { freshDigest, image, pushed, upload } from './support/content.js';
import { Lanes } from './support/meet.js';
import { meets } from './support/meets.js';
import {
  condemnedBlob,
  emptyRepository,
  type LooseBlob,
  type LooseBlobAndTarget,
  lapse,
  looseBlob,
  looseBlobAndTarget,
  type OpenUpload,
  openUpload,
} from './support/scenes.js';

let lanes: Lanes;
beforeAll(async () => {
  lanes = await Lanes.open();
});
afterAll(() => lanes.close());

describe('a push of an image', () => {
  const push = pushes((scene: LooseBlob) => image(scene.scope, [scene.digest]), PUSH_OF_BLOBS);

  meets('link removal', () => lanes, {
    meeting: { arrange: looseBlob, a: push, b: removesLinks() },
    legal: ['done / 0 removed', 'manifestBlobUnknown / 1 removed'],
  });
  meets('a DELETE of its blob', () => lanes, {
    meeting: { arrange: looseBlob, a: push, b: deletesBlob((scene: LooseBlob) => scene) },
    legal: ['done / unsupported', 'manifestBlobUnknown / done'],
  });
  meets('another push of an image of its blob, which the collector had condemned', () => lanes, {
    meeting: { arrange: condemnedBlob, a: push, b: push },
    legal: ['done / done'],
  });
  meets('a collector that condemns its blob', () => lanes, {
    meeting: { arrange: looseBlob, a: push, b: condemns((scene: LooseBlob) => scene.objectId) },
    legal: ['done / spared', 'done / condemned'],
  });
});

describe('a mount', () => {
  const mount = mounts((scene: LooseBlobAndTarget) => scene);

  meets('link removal at the source', () => lanes, {
    meeting: { arrange: looseBlobAndTarget, a: mount, b: removesLinks() },
    legal: ['mounted / 0 removed', 'mounted / 1 removed', 'not mounted / 1 removed'],
  });
  meets('a DELETE of the blob at the source', () => lanes, {
    meeting: {
      arrange: looseBlobAndTarget,
      a: mount,
      b: deletesBlob(({ from, digest }: LooseBlobAndTarget) => ({ scope: from, digest })),
    },
    legal: ['mounted / done', 'not mounted / done'],
  });
  meets('a collector that condemns the blob', () => lanes, {
    meeting: { arrange: looseBlobAndTarget, a: mount, b: condemns((scene: LooseBlobAndTarget) => scene.objectId) },
    legal: ['mounted / spared', 'mounted / condemned'],
  });
  meets('a DELETE of the same blob at the target', () => lanes, {
    meeting: {
      arrange: async (registry) => {
        const scene = await looseBlobAndTarget(registry);
        await upload(registry, scene.scope, scene.digest);
        return scene;
      },
      a: mount,
      b: deletesBlob(({ scope, digest }: LooseBlobAndTarget) => ({ scope, digest })),
    },
    legal: ['mounted / done'],
  });
});

describe('the end of an upload', () => {
  const known = async (registry: Parameters<typeof looseBlob>[0]) => {
    const { digest, objectId } = await looseBlob(registry);
    return { ...(await openUpload(registry, undefined, digest)), current: objectId };
  };
  const finish = finishes((scene: OpenUpload) => scene);

  meets<OpenUpload & { current: string }>('a collector that condemns the same bytes', () => lanes, {
    meeting: { arrange: known, a: finish, b: condemns(({ current }: { current: string }) => current) },
    legal: ['done / spared', 'done / condemned'],
  });
  meets<{ one: OpenUpload; two: OpenUpload }>(
    'the end of another upload of the same bytes in another repository',
    () => lanes,
    {
      meeting: {
        arrange: async (registry) => {
          const digest = freshDigest();
          return {
            one: await openUpload(registry, undefined, digest),
            two: await openUpload(registry, undefined, digest),
          };
        },
        a: finishes(({ one }: { one: OpenUpload }) => one),
        b: finishes(({ two }: { two: OpenUpload }) => two),
      },
      // Whoever finds the digest taken at the last moment starts over.
      legal: ['done / done', '23505 / done', 'done / 23505'],
    },
  );
  meets('removal of the link that it renews', () => lanes, {
    meeting: {
      arrange: async (registry) => {
        const { scope, digest } = await looseBlob(registry);
        return openUpload(registry, scope.name, digest);
      },
      a: finish,
      b: removesLinks(),
    },
    legal: ['done / 0 removed', 'done / 1 removed'],
  });
});

describe('a DELETE of a blob', () => {
  const remove = deletesBlob((scene: { scope: Scope; digest: string }) => scene);

  meets('link removal', () => lanes, {
    meeting: { arrange: looseBlob, a: remove, b: removesLinks() },
    legal: ['done / 0 removed', 'blobUnknown / 1 removed'],
  });
  meets<{ scope: Scope; digest: string; manifest: string }>('a DELETE of the manifest that names it', () => lanes, {
    meeting: {
      arrange: async (registry) => {
        const { scope, blob, digest } = await pushed(registry, (await emptyRepository(registry)).name);
        await lapse(registry);
        return { scope, digest: blob.digest, manifest: digest };
      },
      a: remove,
      b: deletesManifest(({ scope, manifest }: { scope: Scope; manifest: string }) => ({ scope, digest: manifest })),
    },
    legal: ['unsupported / done', 'done / done'],
  });
});

describe('a HEAD that is a promise', () => {
  meets('a collector that condemns the blob', () => lanes, {
    meeting: {
      arrange: looseBlob,
      a: keeps((scene: LooseBlob) => scene),
      b: condemns((scene: LooseBlob) => scene.objectId),
    },
    legal: ['kept / spared', 'kept / condemned'],
  });
});
