import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ClientHome } from '../support/client-home.js';
import { digestOf } from '../support/digest.js';
import { root } from '../support/paths.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { run } from '../support/run.js';
import { Wire } from '../support/wire.js';

/** The commands that docs/clients.md shows below `## curl`. */
function documented(): string {
  const [, section] = readFileSync(join(root, 'docs/clients.md'), 'utf8').split('\n## curl\n');
  return /```sh\n([\s\S]*?)```/.exec(section!)![1]!;
}

describe.each(['bearer', 'basic'])('curl, with a %s challenge', (challenge) => {
  let registry: Registry;
  let home: ClientHome;

  beforeAll(async () => {
    registry = await startRegistry({ LADING_CHALLENGE: challenge });
    home = new ClientHome();
  });

  afterAll(async () => {
    await registry?.stop();
    ClientHome.removeAll();
  });

  const follow = (password: string) =>
    run(['bash', '-e', '-o', 'pipefail', '-c', documented()], {
      env: { ...home.env, REG: registry.host, PASSWORD: password },
      cwd: home.dir,
    });

  it('UPL-04, MAN-03: pushes a file with the commands of the documentation, and pulls it bit for bit', async () => {
    const { code, stdout, report } = await follow(registry.password);
    if (code !== 0) throw new Error(report);
    const file = readFileSync(join(home.dir, 'hello.txt'));
    expect(stdout.split('\n').filter((line) => line.startsWith('HTTP/1.1 201'))).toHaveLength(3);
    expect(readFileSync(join(home.dir, 'hello-again.txt')).equals(file)).toBe(true);
    const contents = await new Wire(registry).contents('team/hello', 'v1');
    expect(contents.get(digestOf(file))?.equals(file)).toBe(true);
    expect(stdout).toContain('{"name":"team/hello","tags":["v1"]}');
  });

  it('is refused with a wrong password', async () => {
    const { code, stdout, stderr } = await follow(`${registry.password}x`);
    expect(code).not.toBe(0);
    expect(stdout + stderr).toContain('401');
  });
});
