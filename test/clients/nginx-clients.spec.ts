import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BehindNginx, startBehindNginx } from '../support/behind-nginx.js';
import { ClientHome } from '../support/client-home.js';
import { type Containerd, startContainerd } from '../support/containerd.js';
import { differences, layoutContents } from '../support/contents.js';
import { DOCKER, type Dockerd, startDockerd } from '../support/dockerd.js';
import { multiArchImage, randomImage, runnableImage } from '../support/images.js';
import { tool } from '../support/paths.js';
import { run } from '../support/run.js';
import { Skopeo } from '../support/skopeo.js';
import { Wire } from '../support/wire.js';

const MB = 1_000_000;

/** A client's home that knows this CA and no other. */
const trusting = ({ certificate }: BehindNginx) => new ClientHome({ SSL_CERT_FILE: certificate.ca });

/** That what was pushed, and what was pulled again, is the layout bit for bit. */
const expectSame = async (front: BehindNginx, layout: string, repository: string, pulled?: string) => {
  const original = await layoutContents(layout);
  expect(differences(original, await new Wire(front.registry).contents(repository, 'v1'))).toEqual([]);
  if (pulled) expect(differences(original, await layoutContents(pulled))).toEqual([]);
};

const throughCrane = async (front: BehindNginx, home: ClientHome, site: 'h2' | 'h1') => {
  const { host } = front.sites[site];
  const { user, password } = front.registry;
  const crane = (...args: string[]) => home.run([tool('crane'), ...args]);
  const layout = home.path(`crane-${site}`);
  const pulled = `${layout}-pulled`;
  randomImage(layout, `nginx crane ${site}`, [12 * MB, 3 * MB]);
  await crane('auth', 'login', host, '-u', user, '-p', password);
  await crane('push', layout, `${host}/crane/${site}:v1`);
  await crane('pull', '--format', 'oci', `${host}/crane/${site}:v1`, pulled);
  await expectSame(front, layout, `crane/${site}`, pulled);
};

describe('behind nginx as docs/proxy.md has it', () => {
  let front: BehindNginx;
  let home: ClientHome;

  beforeAll(async () => {
    front = await startBehindNginx();
    home = trusting(front);
  });

  afterAll(async () => {
    await front?.stop();
    ClientHome.removeAll();
  });

  it.each(['h2', 'h1'] as const)('skopeo, %s: is let in, pushes and pulls, and trusts this CA alone', async (site) => {
    const { host } = front.sites[site];
    const { user, password } = front.registry;
    const someone = new Skopeo();
    const [certs, layout, pulled] = [someone.path('certs'), someone.path('layout'), someone.path('pulled')];
    mkdirSync(certs);
    copyFileSync(front.certificate.ca, join(certs, 'ca.crt'));
    multiArchImage(layout, `nginx skopeo ${site}`);
    const login = (...flags: string[]) => someone.skopeo('login', ...flags, '-u', user, '--password-stdin', host);
    const stranger = await run(login(), { env: someone.env, input: password });
    expect([stranger.code, stranger.stderr]).toEqual([1, expect.stringContaining('x509')]);

    await someone.run(login('--cert-dir', certs), { input: password });
    const copy = (...words: string[]) => someone.run(someone.skopeo('copy', '--all', ...words));
    const reference = `docker://${host}/skopeo/${site}:v1`;
    await copy('--dest-cert-dir', certs, `oci:${layout}:v1`, reference);
    await copy('--src-cert-dir', certs, reference, `oci:${pulled}:v1`);
    await expectSame(front, layout, `skopeo/${site}`, pulled);
  });

  it.each(['h2', 'h1'] as const)('crane, %s: is let in, pushes and pulls', async (site) => {
    await throughCrane(front, home, site);
  });

  it.each(['h2', 'h1'] as const)('regctl, %s: is let in, pushes in chunks and pulls', async (site) => {
    const { host } = front.sites[site];
    const { user, password } = front.registry;
    const regctl = (args: string[], input = '') => home.run([tool('regctl'), ...args], { input });
    const layout = home.path(`regctl-${site}`);
    const pulled = `${layout}-pulled`;
    randomImage(layout, `nginx regctl ${site}`, [6 * MB, 2 * MB]);
    await regctl(['registry', 'set', '--skip-check', '--blob-chunk', `${MB}`, '--blob-max', `${MB}`, host]);
    await regctl(['registry', 'login', '-u', user, '--pass-stdin', host], password);
    await regctl(['image', 'copy', `ocidir://${layout}:v1`, `${host}/regctl/${site}:v1`]);
    await regctl(['image', 'copy', `${host}/regctl/${site}:v1`, `ocidir://${pulled}:v1`]);
    const chunks = front.sites[site].requests.filter((line) => /^PATCH \/v2\/regctl\/\S+ 202 /.test(line));
    expect(chunks.length).toBeGreaterThanOrEqual(6 + 2);
    await expectSame(front, layout, `regctl/${site}`, pulled);
  });

  it('oras: is let in, pushes and pulls', async () => {
    const { host } = front.sites.h2;
    const { user, password } = front.registry;
    const oras = (args: string[], input = '') => home.run([tool('oras'), ...args], { input });
    const [layout, pulled] = [home.path('oras'), home.path('oras-pulled')];
    multiArchImage(layout, 'nginx oras');
    await oras(['login', '-u', user, '--password-stdin', host], password);
    await oras(['copy', '--from-oci-layout', `${layout}:v1`, `${host}/oras/app:v1`]);
    await oras(['copy', '--to-oci-layout', `${host}/oras/app:v1`, `${pulled}:v1`]);
    await expectSame(front, layout, 'oras/app', pulled);
  });

  describe("containerd's ctr", () => {
    let daemon: Containerd;

    beforeAll(async () => {
      daemon = await startContainerd();
    });
    afterAll(() => daemon?.stop());

    it('with the CA in hosts.toml: pulls and pushes every platform', async () => {
      const { host, url } = front.sites.h2;
      const { user, password } = front.registry;
      const [hosts, layout] = [home.path('hosts'), home.path('ctr')];
      mkdirSync(join(hosts, host), { recursive: true });
      const lines = [`server = "${url}"`, `[host."${url}"]`, `  ca = "${front.certificate.ca}"`, ''];
      writeFileSync(join(hosts, host, 'hosts.toml'), lines.join('\n'));
      multiArchImage(layout, 'nginx ctr');
      await new Wire(front.registry).push(layout, 'ctr/pull', 'v1');
      const flags = ['--hosts-dir', hosts, '--user', `${user}:${password}`];
      const [from, to] = [`${host}/ctr/pull:v1`, `${host}/ctr/push:v1`];
      await home.run(daemon.ctr('content', 'fetch', '--all-platforms', ...flags, from));
      await home.run(daemon.ctr('images', 'tag', from, to));
      await home.run(daemon.ctr('images', 'push', ...flags, to));
      expect(differences(await layoutContents(layout), await daemon.stored(layout))).toEqual([]);
      await expectSame(front, layout, 'ctr/push');
    });
  });

  describe('Docker Engine', () => {
    let engine: Dockerd;
    let trust = '';

    beforeAll(async () => {
      engine = await startDockerd();
      trust = join('/etc/docker/certs.d', front.sites.h2.host);
    });
    afterAll(async () => {
      if (trust) rmSync(trust, { recursive: true, force: true });
      await engine?.stop();
    });

    it('refuses a CA that it was not given; given it, logs in, pulls and pushes', async () => {
      const { host } = front.sites.h2;
      const { user, password } = front.registry;
      const someone = engine.home();
      const wire = new Wire(front.registry);
      const [from, to, layout] = [`${host}/docker/pull:v1`, `${host}/docker/push:v1`, home.path('docker')];
      runnableImage(layout, 'nginx docker');
      await wire.push(layout, 'docker/pull', 'v1');
      const distrusted = await run([DOCKER, 'pull', from], { env: someone.env });
      expect([distrusted.code, distrusted.stderr]).toEqual([1, expect.stringContaining('x509')]);

      mkdirSync(trust, { recursive: true });
      copyFileSync(front.certificate.ca, join(trust, 'ca.crt'));
      await someone.refused([DOCKER, 'pull', from]);
      const login = [DOCKER, 'login', '-u', user, '--password-stdin', host];
      await someone.refused(login, { input: 'wrong password' });
      await someone.run(login, { input: password });
      await someone.run([DOCKER, 'pull', from]);
      await someone.run([DOCKER, 'tag', from, to]);
      await someone.run([DOCKER, 'push', to]);
      const [, config] = [...(await layoutContents(layout)).keys()];
      expect([...(await wire.contents('docker/push', 'v1')).keys()][1]).toBe(config);
    });
  });
});

it('AUTH-04: crane is sent to LADING_PUBLIC_URL for its token, and let in', async () => {
  const front = await startBehindNginx({ publicUrl: true });
  const home = trusting(front);
  const asked = await fetch(`${front.registry.url}/v2/`);
  await throughCrane(front, home, 'h2').finally(() => front.stop());
  expect(asked.headers.get('www-authenticate')).toContain(`realm="${front.sites.h2.url}/token"`);
  ClientHome.removeAll();
});
