import { ClientHome } from '../support/client-home.js';
import { digestOf } from '../support/digest.js';
import { randomImage, type TestImage } from '../support/images.js';
import { tool } from '../support/paths.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { run } from '../support/run.js';
import { Skopeo } from '../support/skopeo.js';
import { addTagRule } from '../support/tag-rule.js';
import { Wire } from '../support/wire.js';

/** What a refusal says, of which a client has to show enough to act on. */
const REASON = /tag v1 is immutable by the rule \^v\\+d of its project and already exists/;

describe('an immutable tag', () => {
  let home: Skopeo;
  let registry: Registry;
  let wire: Wire;
  let [first, second] = [] as TestImage[];

  const crane = (...args: string[]) => [tool('crane'), ...args];
  const regctl = (...args: string[]) => [tool('regctl'), ...args];
  const at = (name: string) => `${registry.host}/kept/${name}`;
  /** Pushes `v1` of a new repository, and makes it immutable. */
  const keep = async (name: string) => {
    await wire.push(first!.dir, `kept/${name}`, 'v1');
    await addTagRule(registry, `kept/${name}`, '^v\\d');
  };
  /** The client fails and says why; the tag is where it was. */
  const isRefused = async (command: string[], name: string, reason = REASON) => {
    const { code, stdout, stderr } = await run(command, { env: home.env });
    expect(code).not.toBe(0);
    expect(stdout + stderr).toMatch(reason);
    expect(digestOf((await wire.manifest(`kept/${name}`, 'v1')).bytes)).toBe(first!.digest);
  };

  beforeAll(async () => {
    registry = await startRegistry();
    wire = new Wire(registry);
    home = new Skopeo();
    first = randomImage(home.path('first'), 'immutable first', [1000]);
    second = randomImage(home.path('second'), 'immutable second', [1000]);
    await home.login(registry);
    await home.run(crane('auth', 'login', registry.host, '-u', registry.user, '-p', registry.password));
    await home.run(regctl('registry', 'set', '--skip-check', '--tls', 'disabled', registry.host));
    const login = regctl('registry', 'login', '-u', registry.user, '--pass-stdin', registry.host);
    await home.run(login, { input: registry.password });
  });

  afterAll(async () => {
    await registry?.stop();
    ClientHome.removeAll();
  });

  it('is told by skopeo, which takes the same image again', async () => {
    await keep('skopeo');
    await home.run(home.copy(`oci:${first!.dir}:v1`, `docker://${at('skopeo:v1')}`));
    await isRefused(home.copy(`oci:${second!.dir}:v1`, `docker://${at('skopeo:v1')}`), 'skopeo');
  });

  it('is told by crane, for a push, a tag and a delete', async () => {
    await keep('crane');
    await home.run(crane('push', first!.dir, at('crane:v1')));
    await isRefused(crane('push', second!.dir, at('crane:v1')), 'crane');
    await wire.push(second!.dir, 'kept/crane', 'next');
    await isRefused(crane('tag', at('crane:next'), 'v1'), 'crane');
    await isRefused(crane('delete', at('crane:v1')), 'crane');
    await isRefused(crane('delete', `${at('crane')}@${first!.digest}`), 'crane');
  });

  it('is told by regctl, which finds no other way to delete it', async () => {
    await keep('regctl');
    await isRefused(regctl('image', 'copy', `ocidir://${second!.dir}:v1`, at('regctl:v1')), 'regctl');
    await isRefused(regctl('tag', 'delete', at('regctl:v1')), 'regctl', /./);
    await isRefused(regctl('manifest', 'delete', `${at('regctl')}@${first!.digest}`), 'regctl');
  });
});
