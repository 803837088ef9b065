import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ClientHome } from '../support/client-home.js';
import { describeWith } from '../support/describe-with.js';
import { digestOf } from '../support/digest.js';
import { tool } from '../support/paths.js';
import { startProxy } from '../support/proxy.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { run } from '../support/run.js';
import { Wire } from '../support/wire.js';

const TYPE = 'application/vnd.cncf.helm';

describeWith(['helm'], 'helm', () => {
  let home: ClientHome;
  let registry: Registry;
  let wire: Wire;

  const helm = (...args: string[]) => [tool('helm'), ...args];
  const http = (...args: string[]) => helm(...args, '--plain-http');
  const login = (host: string) => http('registry', 'login', host, '-u', registry.user, '--password-stdin');
  const charts = (name: string) => `oci://${registry.host}/helm/${name}`;

  /** Packages the chart `app` in a folder of its own, as one of its versions. Returns the file. */
  const pack = async (version: string, ...flags: string[]) => {
    const dir = home.path(`packed-${version}`);
    await home.run(helm('package', home.path('app'), '--version', version, '-d', dir, ...flags));
    return join(dir, `app-${version}.tgz`);
  };

  /** Pulls into a new folder and returns the files that came, by name. */
  const pull = async (reference: string, ...flags: string[]) => {
    const dir = home.path(`pulled-${Math.random()}`);
    mkdirSync(dir); // Helm does not make it.
    await home.run(http('pull', reference, '-d', dir, ...flags));
    return Object.fromEntries(readdirSync(dir).map((file) => [file, readFileSync(join(dir, file))]));
  };

  beforeAll(async () => {
    registry = await startRegistry();
    wire = new Wire(registry);
    home = new ClientHome();
    home.env.GNUPGHOME = home.path('gnupg');
    await home.run(login(registry.host), { input: registry.password });
    await home.run(helm('create', home.path('app')));
  });

  afterAll(async () => {
    await registry?.stop();
    ClientHome.removeAll();
  });

  it('logs in with a POST to the token endpoint, with the right password and not with a wrong one', async () => {
    const proxy = await startProxy(() => registry.url);
    const someone = new ClientHome();
    await someone.refused(login(proxy.host), { input: `${registry.password}x` });
    await someone.run(login(proxy.host), { input: registry.password });

    const posts = proxy.requests.filter(({ method, path }) => method === 'POST' && path === '/token');
    const asked = posts.map(({ form, status }) => [new URLSearchParams(form).get('grant_type'), status]);
    const bearer = process.env.LADING_CHALLENGE !== 'basic';
    expect(asked).toEqual(bearer ? [401, 200].map((status) => ['password', status]) : []);
    await proxy.close();
  });

  it('CL-OR-05: pushes a chart whose version has a plus, and pulls it bit for bit', async () => {
    const file = await pack('0.1.0+b1');
    const { stdout } = await home.run(http('push', file, charts('plus')));
    const chart = readFileSync(file);

    const { bytes } = await wire.manifest('helm/plus/app', '0.1.0_b1');
    const manifest = JSON.parse(bytes.toString());
    expect(stdout).toContain(digestOf(bytes));
    expect(manifest.artifactType).toBeUndefined();
    expect(manifest.config.mediaType).toBe(`${TYPE}.config.v1+json`);
    expect(manifest.layers).toMatchObject([
      { mediaType: `${TYPE}.chart.content.v1.tar+gzip`, digest: digestOf(chart), size: chart.length },
    ]);
    const contents = await wire.contents('helm/plus/app', '0.1.0_b1');
    expect(contents.get(digestOf(chart))).toEqual(chart);
    expect(await pull(`${charts('plus')}/app`, '--version', '0.1.0+b1')).toEqual({ 'app-0.1.0+b1.tgz': chart });
  });

  it('CL-OR-05: chooses a version by a range, by none and by digest, from the tags of the repository', async () => {
    for (const version of ['0.1.4', '0.1.5', '0.2.0', '1.0.0-rc.1'])
      await home.run(http('push', await pack(version), charts('range')));
    const app = `${charts('range')}/app`;
    const digest = digestOf((await wire.manifest('helm/range/app', '0.1.4')).bytes);

    expect(Object.keys(await pull(app, '--version', '~0.1'))).toEqual(['app-0.1.5.tgz']);
    expect(Object.keys(await pull(app))).toEqual(['app-0.2.0.tgz']);
    expect(Object.keys(await pull(app, '--devel'))).toEqual(['app-1.0.0-rc.1.tgz']);
    expect(Object.values(await pull(`${app}@${digest}`))).toEqual([readFileSync(await pack('0.1.4'))]);
    const { stdout } = await home.run(http('show', 'chart', app, '--version', '^0.1.0'));
    expect(stdout).toContain('version: 0.1.5');
  });

  it('shows and renders a chart that it pulls for it', async () => {
    await home.run(http('push', await pack('0.3.0'), charts('render')));
    const reference = [`${charts('render')}/app`, '--version', '0.3.0'];
    const values = await home.run(http('show', 'values', ...reference));
    expect(values.stdout).toBe(`${readFileSync(home.path('app/values.yaml'), 'utf8')}\n`);
    const rendered = await home.run(http('template', 'shop', ...reference));
    expect(rendered.stdout).toContain('name: shop-app');
  });

  it('CL-OR-05: updates the dependencies of a chart from the registry', async () => {
    const file = await pack('0.4.1');
    await home.run(http('push', file, charts('needed')));
    await home.run(helm('create', home.path('parent')));
    const needed = `dependencies:\n- name: app\n  version: "~0.4.0"\n  repository: ${charts('needed')}\n`;
    const about = home.path('parent/Chart.yaml');
    writeFileSync(about, readFileSync(about, 'utf8') + needed);
    await home.run(http('dependency', 'update', home.path('parent')));
    expect(readFileSync(home.path('parent/charts/app-0.4.1.tgz'))).toEqual(readFileSync(file));
  });

  it('CL-OR-05: pushes a signed chart with its provenance, and verifies what it pulls', async () => {
    const gpg = async (ring: string, ...args: string[]) =>
      home.run(['sh', '-c', `exec gpg --batch --quiet "$@" >"$HOME/${ring}"`, 'sh', ...args]);
    mkdirSync(home.env.GNUPGHOME!, { mode: 0o700 });
    for (const who of ['Signer', 'Other'])
      await gpg('made', '--passphrase', '', '--quick-generate-key', `${who} <${who}@example.com>`, 'rsa2048', 'sign');
    await gpg('secret.gpg', '--export-secret-keys', 'Signer');
    await gpg('signer.gpg', '--export', 'Signer');
    await gpg('other.gpg', '--export', 'Other');
    await home.run(['gpgconf', '--kill', 'gpg-agent']);
    const file = await pack('0.5.0', '--sign', '--key', 'Signer', '--keyring', home.path('secret.gpg'));
    await home.run(http('push', file, charts('signed')));

    const { bytes } = await wire.manifest('helm/signed/app', '0.5.0');
    const types = JSON.parse(bytes.toString()).layers.map(({ mediaType }: { mediaType: string }) => mediaType);
    expect(types.sort()).toEqual([`${TYPE}.chart.content.v1.tar+gzip`, `${TYPE}.chart.provenance.v1.prov`]);
    const app = [`${charts('signed')}/app`, '--version', '0.5.0', '--verify', '--keyring'] as const;
    const pulled = await pull(...app, home.path('signer.gpg'));
    expect(pulled).toEqual({
      'app-0.5.0.tgz': readFileSync(file),
      'app-0.5.0.tgz.prov': readFileSync(`${file}.prov`),
    });
    await expect(pull(...app, home.path('other.gpg'))).rejects.toThrow(/signature made by unknown entity/);
  });

  it('says that a chart or a version is not found', async () => {
    await home.run(http('push', await pack('0.6.0'), charts('found')));
    for (const [app, version] of [
      ['found/app', '0.6.1'],
      ['found/nothing', '0.6.0'],
    ]) {
      const { code, stderr } = await run(http('show', 'chart', charts(app!), '--version', version!), { env: home.env });
      expect([code, stderr]).toEqual([1, expect.stringContaining('not found')]);
    }
  });

  it('is refused a push and a pull after it logged out', async () => {
    const someone = new ClientHome();
    const file = await pack('0.7.0');
    await someone.run(login(registry.host), { input: registry.password });
    await someone.run(http('push', file, charts('left')));
    await someone.run(helm('registry', 'logout', registry.host));
    await someone.refused(http('pull', `${charts('left')}/app`, '--version', '0.7.0', '-d', someone.dir));
    await someone.refused(http('push', await pack('0.7.1'), charts('left')));
    expect(await wire.manifestStatus('helm/left/app', '0.7.1')).toBe(404);
  });
});
