import {
  claims,
  condemns,
  deletesBlob,
  deletesManifest,
  expunges,
  findsDamaged,
  finishes,
  heals,
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
import type { Actor } from './support/lane.js';
import { broken, Lanes } from './support/meet.js';
import { meets } from './support/meets.js';
import {
  type DamagedBlob,
  type DamagedDeletedImage,
  type DamagedImage,
  damagedBlob,
  damagedCondemnedBlob,
  damagedDeletedImage,
  damagedImage,
  emptyRepository,
  type LooseBlob,
  looseBlob,
  openUpload,
} from './support/scenes.js';

// A push that brings the bytes of a damaged object again, against everything that takes, gives or drops a reference to it.

let lanes: Lanes;
beforeAll(async () => {
  lanes = await Lanes.open();
});
afterAll(() => lanes.close());

// A push that looked before the bytes were replaced, and took the link after, starts over (40001).

const pushOfImage = pushes(({ scope, blob }: DamagedImage) => image(scope, [blob.digest]), PUSH_OF_BLOBS);
const pushThatMayLackIt = pushes(
  ({ scope, blob }: DamagedImage) => image(scope, [], { edges: [edge(blob.digest, 'blob', false)] }),
  PUSH_OF_BLOBS,
);
/** It looked before the damage was found, or is of a version that does not know of damage. */
const pushThatFoundItWhole: Actor<DamagedImage> = {
  ...pushOfImage,
  sabotage: { 'share-live-objects': (text) => text.replace('AND o.damaged_at IS NULL', '') },
};

describe('a push that replaces damaged bytes', () => {
  meets('a push of another image of them', () => lanes, {
    meeting: { arrange: damagedImage, a: heals<DamagedImage>(), b: pushOfImage },
    legal: ['healed / done', 'healed / manifestBlobUnknown', 'healed / 40001'],
  });
  meets('a push that found them whole', () => lanes, {
    meeting: { arrange: damagedImage, a: heals<DamagedImage>(), b: pushThatFoundItWhole },
    legal: ['healed / done'],
  });
  meets('a push of an image that may lack them', () => lanes, {
    meeting: { arrange: damagedImage, a: heals<DamagedImage>(), b: pushThatMayLackIt },
    legal: ['healed / done', 'healed / 40001'],
  });
  meets('a mount of them', () => lanes, {
    meeting: {
      arrange: async (registry) => ({ ...(await damagedImage(registry)), target: await emptyRepository(registry) }),
      a: heals<DamagedImage>(),
      b: mounts<DamagedImage & { target: DamagedImage['scope'] }>(({ scope, target, blob }) => {
        return { scope: target, from: scope, digest: blob.digest };
      }),
    },
    legal: ['healed / mounted', 'healed / not mounted'],
  });
  meets('a HEAD that would promise them', () => lanes, {
    meeting: {
      arrange: damagedBlob,
      a: heals<DamagedBlob>(),
      b: keeps(({ scope, blob }: DamagedBlob) => ({ scope, digest: blob.digest })),
    },
    legal: ['healed / unknown', 'healed / kept'],
  });
  meets('another push that replaces them', () => lanes, {
    meeting: {
      arrange: async (registry) => {
        const scene = await damagedImage(registry);
        return { ...scene, second: await openUpload(registry, undefined, scene.blob.digest) };
      },
      a: heals<DamagedImage>(),
      b: finishes<DamagedImage & { second: DamagedImage['heal'] }>(({ second }) => second),
    },
    // Who comes second finds the digest taken by the first, and starts over.
    legal: ['healed / done', '23505 / done', 'healed / 23505'],
  });
  meets('a collector that condemns the damaged object', () => lanes, {
    meeting: {
      arrange: damagedBlob,
      a: heals<DamagedBlob>(),
      b: condemns(({ blob }: DamagedBlob) => blob.objectId),
    },
    legal: ['healed / condemned', 'healed / spared'],
  });
  meets('a collector that claims it', () => lanes, {
    meeting: { arrange: damagedCondemnedBlob, a: heals<DamagedBlob>(), b: claims() },
    legal: ['healed / 0 claimed', 'healed / 1 claimed'],
  });
  meets('the removal of its link', () => lanes, {
    meeting: { arrange: damagedBlob, a: heals<DamagedBlob>(), b: removesLinks() },
    legal: ['healed / 0 removed', 'healed / 1 removed'],
  });
  meets('a DELETE of the blob', () => lanes, {
    meeting: {
      arrange: damagedBlob,
      a: heals<DamagedBlob>(),
      b: deletesBlob(({ scope, blob }: DamagedBlob) => ({ scope, digest: blob.digest })),
    },
    legal: ['healed / done'],
  });
  meets('a DELETE of the image', () => lanes, {
    meeting: { arrange: damagedImage, a: heals<DamagedImage>(), b: deletesManifest((scene: DamagedImage) => scene) },
    legal: ['healed / done'],
  });
  meets('a collector that expunges the image', () => lanes, {
    meeting: {
      arrange: (registry) => damagedDeletedImage(registry),
      a: heals<DamagedDeletedImage>(),
      b: expunges(({ manifestId }: DamagedDeletedImage) => manifestId),
    },
    legal: ['healed / expunged'],
  });
  meets('a restore of the image', () => lanes, {
    meeting: {
      arrange: (registry) => damagedDeletedImage(registry),
      a: heals<DamagedDeletedImage>(),
      b: restores((scene: DamagedDeletedImage) => scene),
    },
    legal: ['healed / restored', 'healed / 40001'],
  });
  meets('a push of the deleted image', () => lanes, {
    meeting: {
      arrange: (registry) => damagedDeletedImage(registry),
      a: heals<DamagedDeletedImage>(),
      b: pushes(({ put }: DamagedDeletedImage) => again(put), ['share-live-objects', ...PUSH_OF_KNOWN]),
    },
    legal: ['healed / done', 'healed / manifestBlobUnknown', 'healed / 40001'],
  });
  meets('a push of an index of the image, which the collector had hidden', () => lanes, {
    meeting: {
      arrange: (registry) => damagedDeletedImage(registry, 'collector'),
      a: heals<DamagedDeletedImage>(),
      b: pushes(({ scope, digest }: DamagedDeletedImage) => index(scope, [digest]), PUSH_OF_MANIFESTS),
    },
    legal: ['healed / done', 'healed / manifestBlobUnknown', 'healed / 40001'],
  });
});

describe('damage that is found', () => {
  const found = findsDamaged((scene: LooseBlob) => scene.objectId);

  meets('a push of an image of the bytes', () => lanes, {
    meeting: {
      arrange: looseBlob,
      a: found,
      b: pushes(({ scope, digest }: LooseBlob) => image(scope, [digest]), PUSH_OF_BLOBS),
    },
    legal: ['marked / done', 'marked / manifestBlobUnknown'],
  });
  meets('a collector that condemns the object', () => lanes, {
    meeting: { arrange: looseBlob, a: found, b: condemns((scene: LooseBlob) => scene.objectId) },
    legal: ['marked / condemned', 'marked / spared'],
  });
});

describe('with half of a rule taken away', () => {
  const weaken = (text: string) => text.replace('FOR UPDATE', 'FOR NO KEY UPDATE');
  const weak = (statements: string[]): Actor<DamagedImage> => ({
    ...heals<DamagedImage>(),
    sabotage: Object.fromEntries(statements.map((statement) => [statement, weaken])),
  });

  it.each([
    // Object and link are held by a push that found it whole: either lock stops it.
    [['retire-damaged', 'lock-links-of-damaged'], pushThatFoundItWhole, 'a live manifest names bytes that are purging'],
    [['lock-links-of-damaged'], pushThatMayLackIt, 'an edge missed the arrival of its blob'],
  ])('weaker locks in %p let a push by', async (statements, push, fault) => {
    const results = await lanes.run({ arrange: damagedImage, a: weak(statements), b: push }, 'pends');
    expect(broken(results).flatMap((result) => result.broken)).toContainEqual(expect.stringContaining(fault));
  });
});
