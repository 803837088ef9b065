import { Denied } from '@lading/oci';
import type { Scope } from '@lading/proto';
import { expectRefusal } from './expect-refusal.js';
import { manifestOf, scopeOf } from './push.js';
import type { RegistryPorts } from './registry-ports.js';

/** What every adapter of `ScopePort` does. */
export function scopePortContract(ports: () => RegistryPorts): void {
  describe('scopes', () => {
    const resolve = async (...names: string[]) => (await ports().scopes.resolveScopes({ names })).scopes;

    it('of a name that nothing is at name neither project nor group', async () => {
      const [scope] = await resolve('scopes-none/app');
      expect(scope).toMatchObject({ name: 'scopes-none/app', projectLevel: 0, groupLevel: 0 });
      expect([scope?.projectId, scope?.groupId]).toEqual([undefined, undefined]);
    });

    it('come in the order asked, each with the longest project and group of its name', async () => {
      const scope = await scopeOf(ports(), 'scopes/app/api');
      await ports().manifests.putManifest(manifestOf(scope, 'scopes'));
      const found = await resolve('scopes/other', 'scopes/app', 'scopes/app/api/v2', 'scopes');
      expect(found.map(({ name, projectLevel, groupLevel }) => [name, projectLevel, groupLevel])).toEqual([
        ['scopes/other', 0, 1],
        ['scopes/app', 2, 1],
        ['scopes/app/api/v2', 2, 1],
        ['scopes', 0, 1],
      ]);
      expect(new Set(found.map(({ groupId }) => groupId)).size).toBe(1);
      expect(found[1]?.projectId).toBe(found[2]?.projectId);
    });

    it('of a hundred names as deep as can be lead to the same project, and to none beside it', async () => {
      await ports().manifests.putManifest(manifestOf(await scopeOf(ports(), 'scopes-deep/app'), 'deep'));
      const below = (start: string) => Array.from({ length: 50 }, (_, n) => `${start}${'/a'.repeat(110)}/${n}`);
      const [within, beside] = [below('scopes-deep/app'), below('scopes-deep/apple')];
      const found = await resolve(...within, ...beside);
      expect(found.map(({ name }) => name)).toEqual([...within, ...beside]);
      const [first] = await resolve('scopes-deep/app');
      expect(found.slice(0, 50).every(({ projectId }) => projectId === first?.projectId)).toBe(true);
      expect(new Set(found.slice(50).map(({ projectId, groupId }) => [projectId, groupId].join()))).toEqual(
        new Set([[undefined, first?.groupId].join()]),
      );
    });

    it('of no names are none', async () => {
      expect(await resolve()).toEqual([]);
    });

    it('of a group, or too deep, make nothing: the refusal says the right form', async () => {
      const put = (scope: Scope) => ports().manifests.putManifest(manifestOf(scope, 'form'));
      const group = await scopeOf(ports(), 'scopes');
      await expectRefusal(put(group), new Denied('scopes is a group; push to scopes/<project>'));
      const deep = await scopeOf(ports(), 'scopes/app/a/b/c');
      const why = 'at most 2 names may follow the project, as in scopes/app/<name>/<name>';
      await expectRefusal(put(deep), new Denied(`scopes/app/a/b/c is too deep; ${why}`));
    });
  });
}
