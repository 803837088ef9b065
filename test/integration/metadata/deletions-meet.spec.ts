import { randomUUID } from 'node:crypto';
import {
  deletesManifest,
  deletesProject,
  deletesRepository,
  dropsRepository,
  expunges,
  finishes,
  mounts,
  PUSH_OF_BLOBS,
  PUSH_OF_KNOWN,
  pushes,
  restoresRepository,
  restoresTag,
} from './support/actors.js';
import { again, freshName, image, pushed } from './support/content.js';
import { Lanes } from './support/meet.js';
import { meets } from './support/meets.js';
import type { Registry } from './support/registry.js';
import { emptyRepository, type OpenUpload, openUpload } from './support/scenes.js';

// Deletes and restores of tags, repositories and projects, each against what changes the same thing.

let lanes: Lanes;
beforeAll(async () => {
  lanes = await Lanes.open();
});
afterAll(() => lanes.close());

/** A repository with a tagged image. */
const tagged = (registry: Registry) => pushed(registry, freshName(), { tags: ['v1'] });
type Tagged = Awaited<ReturnType<typeof tagged>>;

/** One that was deleted a moment ago. */
async function deleted(registry: Registry) {
  const scene = await tagged(registry);
  const { repositoryId } = await registry.deletions.deleteRepository({
    scope: scene.scope,
    operationId: randomUUID(),
  });
  return { ...scene, name: scene.scope.name, repositoryId };
}
type Deleted = Awaited<ReturnType<typeof deleted>>;

/** A project of its own, with one repository. */
const ownProject = (registry: Registry) => {
  const path = `acme/${freshName('p').replace('/', '')}`;
  return pushed(registry, `${path}/web`, { tags: ['v1'] }).then((scene) => ({ ...scene, path }));
};
type OwnProject = Awaited<ReturnType<typeof ownProject>>;

describe('DELETE of a repository', () => {
  const deletes = deletesRepository(({ scope }: Tagged) => scope);

  meets('a push of an image to it', () => lanes, {
    meeting: {
      arrange: tagged,
      a: pushes(({ scope, blob }: Tagged) => image(scope, [blob.digest]), PUSH_OF_BLOBS),
      b: deletes,
    },
    // A push that found it and finds it gone at its end starts over, in a new repository that has no blobs.
    legal: ['done / deleted', '40001 / deleted'],
    startedOver: ['manifestBlobUnknown / deleted'],
  });
  meets('the end of an upload to it', () => lanes, {
    meeting: {
      arrange: async (registry) => openUpload(registry, (await tagged(registry)).scope.name),
      a: finishes((scene: OpenUpload) => scene),
      b: deletesRepository(({ scope }: OpenUpload) => scope),
    },
    legal: ['done / deleted', 'nameUnknown / deleted', 'blobUploadUnknown / deleted'],
  });
  meets('a mount of a blob of it', () => lanes, {
    meeting: {
      arrange: async (registry) => {
        const source = await tagged(registry);
        return { from: source.scope, scope: await emptyRepository(registry), digest: source.blob.digest };
      },
      a: mounts((scene: { from: Tagged['scope']; scope: Tagged['scope']; digest: string }) => scene),
      b: deletesRepository(({ from }: { from: Tagged['scope'] }) => from),
    },
    legal: ['mounted / deleted', 'not mounted / deleted'],
  });
  meets('a DELETE of a manifest in it', () => lanes, {
    meeting: { arrange: tagged, a: deletesManifest(({ scope, digest }: Tagged) => ({ scope, digest })), b: deletes },
    legal: ['done / deleted', 'nameUnknown / deleted'],
  });
});

describe('restore of a repository', () => {
  const restores = restoresRepository(({ name }: Deleted) => name);

  meets('its removal', () => lanes, {
    meeting: { arrange: deleted, a: restores, b: dropsRepository(({ repositoryId }: Deleted) => repositoryId) },
    // A removal that goes on after its first look has several transactions.
    legal: ['restored / spared', 'gone / 40001', 'restored / 40001'],
    startedOver: ['gone / dropped', 'nameUnknown / dropped'],
  });
  meets('another restore of it', () => lanes, {
    meeting: { arrange: deleted, a: restores, b: restores },
    legal: ['restored / nameUnknown', 'nameUnknown / restored'],
  });
  meets('a push that makes one of its name', () => lanes, {
    meeting: {
      arrange: deleted,
      a: pushes(({ scope }: Deleted) => image(scope, []), ['insert-manifest']),
      b: restores,
    },
    legal: ['done / restored', '40001 / restored', '40001 / 23505'],
    startedOver: ['done / conflict'],
  });
});

describe('DELETE of a project', () => {
  const deletes = deletesProject(({ path }: OwnProject) => path);

  meets('a first push to a new repository in it', () => lanes, {
    meeting: {
      arrange: ownProject,
      a: {
        ...pushes(({ scope, path }: OwnProject) => image({ ...scope, name: `${path}/new` }, []), []),
        stops: ['make-repository', 'append-repository-events'],
      },
      b: deletes,
    },
    legal: ['unauthorized / deleted with 1', '40001 / deleted with 2'],
    startedOver: ['done / deleted with 2', 'unauthorized / deleted with 2'],
  });
  meets('the restore of a repository in it', () => lanes, {
    meeting: {
      arrange: async (registry) => {
        const scene = await ownProject(registry);
        const other = await pushed(registry, `${scene.path}/api`, { tags: ['v1'] });
        await registry.deletions.deleteRepository({ scope: other.scope, operationId: randomUUID() });
        return { ...scene, name: other.scope.name };
      },
      a: restoresRepository(({ name }: OwnProject & { name: string }) => name),
      b: deletesProject(({ path }: OwnProject & { name: string }) => path),
    },
    legal: ['restored / deleted with 2', 'conflict / deleted with 1'],
  });
});

describe('restore of a tag', () => {
  /** The tag was deleted, its image is there. */
  async function untagged(registry: Registry) {
    const scene = await tagged(registry);
    await registry.manifests.deleteTag({ scope: scene.scope, tag: 'v1', operationId: randomUUID() });
    return { ...scene, tag: 'v1' };
  }
  type Untagged = Awaited<ReturnType<typeof untagged>>;
  const restores = restoresTag((scene: Untagged) => scene);

  meets('a push of another image of that tag', () => lanes, {
    meeting: {
      arrange: untagged,
      a: pushes(({ scope, blob }: Untagged) => image(scope, [blob.digest], { tags: ['v1'] }), ['set-tags']),
      b: restores,
    },
    legal: ['done / restored', 'done / conflict'],
  });
  meets('a push of the same image of that tag', () => lanes, {
    meeting: {
      arrange: untagged,
      a: pushes(({ put }: Untagged) => again(put, { tags: ['v1'] }), PUSH_OF_KNOWN),
      b: restores,
    },
    legal: ['done / restored', 'done / conflict'],
  });
  meets('a DELETE of its image', () => lanes, {
    meeting: {
      arrange: untagged,
      a: deletesManifest(({ scope, digest }: Untagged) => ({ scope, digest })),
      b: restores,
    },
    legal: ['done / restored'],
  });
  meets('the expunge of its image', () => lanes, {
    meeting: {
      arrange: async (registry) => {
        const scene = await untagged(registry);
        await registry.manifests.deleteManifest({
          ...{ scope: scene.scope, digest: scene.digest },
          operationId: randomUUID(),
        });
        return scene;
      },
      a: expunges(({ manifestId }: Untagged) => manifestId),
      b: restores,
    },
    legal: ['expunged / gone', 'spared / restored', 'expunged / 40001'],
  });
});
