import type { PutManifestRequest, Scope } from '@lading/proto';
import {
  deletesManifest,
  deletesProject,
  deletesRepository,
  deletesTag,
  makesImmutable,
  PUSH_UNDER_RULES,
  pushes,
  restores,
} from './support/actors.js';
import { again, freshName, image, pushed } from './support/content.js';
import { ends, Lanes } from './support/meet.js';
import { meets } from './support/meets.js';
import type { Registry } from './support/registry.js';
import { putRules } from './support/rules.js';

let lanes: Lanes;
beforeAll(async () => {
  lanes = await Lanes.open();
});
afterAll(() => lanes.close());

/** Two images that are there, and the calls that tag either. */
interface Scene {
  scope: Scope;
  tag: string;
  one: PutManifestRequest;
  two: PutManifestRequest;
  /** What each digest is called in what a side says. */
  names: Record<string, string>;
}

let projects = 0;

/** In a project of its own, because rules outlive a scene. */
async function scene(registry: Registry, { pattern, held }: { pattern?: string; held?: boolean } = {}): Promise<Scene> {
  const tag = 'v1';
  const { scope, blob, put } = await pushed(registry, freshName(`acme/meet${++projects}`), { tags: held ? [tag] : [] });
  const other = image(scope, [blob.digest]);
  await registry.manifests.putManifest(other);
  if (pattern !== undefined) await putRules(registry, scope, pattern);
  const [one, two] = [again(put, { tags: [tag] }), again(other, { tags: [tag] })];
  return { scope, tag, one, two, names: { [one.digest]: 'one', [two.digest]: 'two' } };
}

const immutable = (registry: Registry) => scene(registry, { pattern: '^v\\d' });
const pushOne = pushes(({ one }: Scene) => one, PUSH_UNDER_RULES);
const pushTwo = pushes(({ two }: Scene) => two, PUSH_UNDER_RULES);
const rule = makesImmutable((it: Scene) => it);
const removeTag = deletesTag((it: Scene) => it);

describe('T15: a push of a new immutable tag', () => {
  meets('a push of it to another digest: exactly one wins', () => lanes, {
    meeting: { arrange: immutable, a: pushOne, b: pushTwo },
    legal: ['denied / done', 'done / denied'],
  });
  meets('a push of it to the same digest: both are taken', () => lanes, {
    meeting: { arrange: immutable, a: pushOne, b: pushes(({ one }: Scene) => again(one), PUSH_UNDER_RULES) },
    legal: ['done / done'],
  });
  meets('a DELETE of it, which finds no tag or one that stays', () => lanes, {
    meeting: { arrange: immutable, a: pushOne, b: removeTag },
    legal: ['done / denied', 'done / manifestUnknown'],
  });
  meets('a DELETE of its manifest, which the push undoes or which is refused', () => lanes, {
    meeting: {
      arrange: immutable,
      a: pushOne,
      b: deletesManifest(({ scope, one }: Scene) => ({ scope, digest: one.digest })),
    },
    legal: ['done / denied', 'done / done'],
  });
});

describe('T15: a push of a new immutable tag to a repository', () => {
  meets('a DELETE of its repository, which is refused or takes the push along', () => lanes, {
    meeting: {
      arrange: immutable,
      a: pushOne,
      b: {
        ...deletesRepository(({ scope }: Scene) => scope),
        stops: ['note-operation-under-rules', 'append-repository-events', 'delete-repository'],
      },
    },
    // A push that finds its repository gone at its end starts over.
    legal: ['done / denied', '40001 / deleted'],
    startedOver: ['nameUnknown / deleted'],
  });
  meets('a DELETE of its project, which is refused or takes the push along', () => lanes, {
    meeting: {
      arrange: immutable,
      a: pushOne,
      b: deletesProject(({ scope }: Scene) => scope.name.split('/').slice(0, 2).join('/')),
    },
    legal: ['done / denied', 'unauthorized / deleted with 1'],
    startedOver: ['nameUnknown / deleted with 1'],
  });
});

// A side that puts the rule looks at the tag as soon as it is answered: whatever it sees then has to stay.
describe('T15: a rule', () => {
  meets('a push that moves a tag: what the tag names at its answer stays', () => lanes, {
    meeting: { arrange: (registry) => scene(registry, { held: true }), a: pushTwo, b: rule },
    legal: ['denied / holds one', 'done / holds two'],
  });
  meets('a DELETE of a tag: what is there at its answer stays', () => lanes, {
    meeting: { arrange: (registry) => scene(registry, { held: true }), a: removeTag, b: rule },
    legal: ['denied / holds one', 'done / holds nothing'],
  });
  meets('a restore of a tag that names something else, which is refused one way or the other', () => lanes, {
    meeting: {
      arrange: deletedAndTaken,
      a: restores(({ scope, one }: Scene) => ({ scope, digest: one.digest })),
      b: rule,
    },
    legal: ['conflict / holds two', 'denied / holds two'],
  });
});

describe('T15: a restore of an immutable tag', () => {
  meets('a push of that tag to another digest: exactly one wins', () => lanes, {
    meeting: {
      arrange: async (registry) => {
        const it = await scene(registry, { held: true });
        await remove(registry, it);
        await putRules(registry, it.scope, '^v\\d');
        return it;
      },
      a: restores(({ scope, one }: Scene) => ({ scope, digest: one.digest })),
      b: pushTwo,
    },
    legal: ['denied / done', 'restored / denied'],
  });
});

describe('T15 is caught', () => {
  it('without the lock of whoever changes the rules: a tag moves after the answer to its rule', async () => {
    const arrange = (registry: Registry) => scene(registry, { held: true });
    const sabotage = { 'lock-project-rules': () => 'SELECT $1::integer, $2::integer' };
    const meeting = { arrange, a: pushTwo, b: { ...rule, sabotage } };
    expect(ends(await lanes.run(meeting, 'pends'))).toHaveProperty(['done / holds one']);
  });

  it('with a look before the write in place of its result: a tag that both make moves', async () => {
    const sabotage = {
      'set-tags': (text: string) =>
        text.replace(
          't.manifest_id = excluded.manifest_id',
          `NOT EXISTS (SELECT 1 FROM registry.tag o WHERE o.repository_id = $1 AND o.name = t.name
                                                     AND o.manifest_id <> $2)`,
        ),
    };
    const meeting = { arrange: immutable, a: { ...pushOne, sabotage }, b: { ...pushTwo, sabotage } };
    expect(ends(await lanes.run(meeting, 'pends'))).toHaveProperty(['done / done']);
  });
});

async function remove(registry: Registry, { scope, one }: Scene): Promise<void> {
  await registry.manifests.deleteManifest({ scope, digest: one.digest, operationId: again(one).operationId });
}

async function deletedAndTaken(registry: Registry): Promise<Scene> {
  const it = await scene(registry, { held: true });
  await remove(registry, it);
  await registry.manifests.putManifest(again(it.two));
  return it;
}
