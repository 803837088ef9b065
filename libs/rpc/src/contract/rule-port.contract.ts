import { Conflict, Denied, NameUnknown, Unprocessable } from '@lading/oci';
import type { ProjectRules, TagRule } from '@lading/proto';
import { expectRefusal } from './expect-refusal.js';
import { manifestOf, scopeOf } from './push.js';
import type { RegistryPorts } from './registry-ports.js';
import { uuidOf } from './uuid-of.js';

/** What every adapter of `RulePort` does. */
export function rulePortContract(ports: () => RegistryPorts): void {
  /** A project, made by a push, with the scope of its repository. */
  const projectOf = async (path: string, tags: string[] = []) => {
    await ports().manifests.putManifest(manifestOf(await scopeOf(ports(), path), `first of ${path}`, { tags }));
    const scope = await scopeOf(ports(), path);
    return { scope, projectId: scope.projectId as number };
  };
  const get = async (projectId: number) => (await ports().rules.getProjectRules({ projectId })).rules as ProjectRules;
  const put = async (rules: ProjectRules, words: string) =>
    (await ports().rules.putProjectRules({ rules, operationId: uuidOf(words), principal: 'account:1' }))
      .rules as ProjectRules;
  const fresh = (...patterns: string[]): TagRule[] => patterns.map((pattern) => ({ id: 0, pattern }));

  describe('rules of a project', () => {
    it('are none at first, and found by its id and by its path', async () => {
      const { projectId } = await projectOf('rules/none');
      expect(await get(projectId)).toEqual({ projectId, version: 0, tagRules: [] });
      const byPath = await ports().rules.getProjectRules({ path: 'rules/none' });
      expect(byPath.rules).toEqual(await get(projectId));
    });

    it('are replaced as a whole; those that stay keep their ids, and no id returns', async () => {
      const { projectId } = await projectOf('rules/replaced');
      const first = await put({ projectId, version: 0, tagRules: fresh('^v', 'é$') }, 'two rules');
      expect(first).toMatchObject({ projectId, version: 1, tagRules: [{ pattern: '^v' }, { pattern: 'é$' }] });
      const [gone, kept] = first.tagRules as [TagRule, TagRule];
      const second = await put({ projectId, version: 1, tagRules: [kept, ...fresh('^w')] }, 'one of them and another');
      expect(second).toMatchObject({ version: 2, tagRules: [kept, { pattern: '^w' }] });
      const third = await put({ projectId, version: 2, tagRules: [gone] }, 'one that is gone');
      expect(third.tagRules[0]?.id).toBeGreaterThan(second.tagRules[1]?.id as number);
      expect(await get(projectId)).toEqual(third);
    });

    it('put twice with one operation are put once', async () => {
      const { projectId } = await projectOf('rules/twice');
      const rules = { projectId, version: 0, tagRules: fresh('^v') };
      const first = await put(rules, 'twice');
      expect(await put(rules, 'twice')).toEqual(first);
      expect(first.version).toBe(1);
    });

    it('that another call changed meanwhile are a conflict', async () => {
      const { projectId } = await projectOf('rules/changed');
      await put({ projectId, version: 0, tagRules: fresh('^v') }, 'meanwhile');
      const late = put({ projectId, version: 0, tagRules: fresh('^w') }, 'too late');
      await expectRefusal(late, new Conflict('the rules were changed meanwhile'));
    });

    it('that cannot be used are refused with what is wrong, and change nothing', async () => {
      const { projectId } = await projectOf('rules/unusable');
      const refused = (why: string, ...patterns: string[]) =>
        expectRefusal(put({ projectId, version: 0, tagRules: fresh(...patterns) }, why), new Unprocessable(why));
      await refused('a project has at most 5 rules', '1', '2', '3', '4', '5', '6');
      await refused('the project has a rule ^v already', '^v', '^w', '^v');
      await refused('the pattern is empty; a pattern has at most 100 characters', '', 'a'.repeat(101));
      await refused('(?=v) is no regular expression of RE2: invalid or unsupported Perl syntax: `(?=`', '(?=v)');
      expect(await get(projectId)).toMatchObject({ version: 0, tagRules: [] });
    });

    it('of a project that is not there are unknown', async () => {
      const unknown = new NameUnknown('project not known to the registry');
      const projectId = 999_999_999;
      await expectRefusal(ports().rules.getProjectRules({ path: 'rules/nobody' }), unknown);
      await expectRefusal(ports().rules.getProjectRules({ projectId }), unknown);
      await expectRefusal(put({ projectId, version: 0, tagRules: fresh('^v') }, 'nobody'), unknown);
    });

    it('keep a tag on its manifest: the refusal names both', async () => {
      const { scope, projectId } = await projectOf('rules/kept', ['v1']);
      await put({ projectId, version: 0, tagRules: fresh('^v\\d') }, 'kept');
      const refusal = (why: string) =>
        new Denied(`tag v1 is immutable by the rule ^v\\d of its project and already exists${why}`, {
          detail: { code: 'IMMUTABLE_TAG', tag: 'v1', pattern: '^v\\d' },
        });
      const move = ports().manifests.putManifest(manifestOf(scope, 'another', { tags: ['v1'] }));
      await expectRefusal(move, refusal(' with another digest: push under another tag'));
      const remove = ports().manifests.deleteTag({ scope, tag: 'v1', operationId: uuidOf('delete of kept') });
      await expectRefusal(remove, refusal(': neither it nor the manifest that it names can be deleted'));
    });
  });
}
