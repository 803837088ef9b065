import { appendFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Buildkit } from '../support/buildkit.js';
import { ClientHome } from '../support/client-home.js';
import { describeWith } from '../support/describe-with.js';
import { multiArchImage, runnableImage } from '../support/images.js';
import type { Descriptor } from '../support/oci-layout.js';
import { root, tool } from '../support/paths.js';
import { type RecordingProxy, startProxy } from '../support/proxy.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { Wire } from '../support/wire.js';

const OCI = 'application/vnd.oci.image';
const ATTESTATION = 'application/vnd.docker.attestation.manifest.v1+json';

const BEARER = process.env.LADING_CHALLENGE !== 'basic';

/** A scanner as BuildKit runs it: it writes statements about the root file system into a folder. */
const SCANNER = `#!/bin/busybox sh
echo '{"_type":"https://in-toto.io/Statement/v0.1","predicateType":"https://spdx.dev/Document","predicate":{"packages":[]}}' \\
  >"$BUILDKIT_SCAN_DESTINATION/sbom.spdx.json"
`;

interface Manifest {
  artifactType?: string;
  config: Descriptor;
  layers: Descriptor[];
  manifests: Descriptor[];
  subject?: Descriptor;
}

describeWith(['buildctl', 'buildkitd'], 'BuildKit', () => {
  let buildkit: Buildkit;
  let home: ClientHome;
  let proxy: RecordingProxy;
  let registry: Registry;
  let wire: Wire;

  const at = (name: string) => `${proxy.host}/buildkit/${name}`;
  const pushed = (name: string, ...options: string[]) =>
    ['--output', [`type=image,name=${at(name)},push=true,oci-mediatypes=true`, ...options].join(',')] as const;
  const manifest = async (name: string, reference: string) =>
    JSON.parse((await wire.manifest(`buildkit/${name}`, reference)).bytes.toString()) as Manifest;
  const login = (who: ClientHome, password: string) =>
    who.run([tool('crane'), 'auth', 'login', proxy.host, '-u', registry.user, '-p', password]);

  /** A folder with busybox, a Dockerfile of these lines and a file `seed`, its name. */
  const context = (name: string, ...dockerfile: string[]) => {
    const dir = home.path(name);
    mkdirSync(dir);
    cpSync(join(root, '.tools/share/busybox'), join(dir, 'busybox'));
    writeFileSync(join(dir, 'seed'), name);
    writeFileSync(join(dir, 'scan.sh'), SCANNER, { mode: 0o755 });
    writeFileSync(join(dir, 'Dockerfile'), `${dockerfile.join('\n')}\n`);
    return dir;
  };

  beforeAll(async () => {
    registry = await startRegistry();
    wire = new Wire(registry);
    proxy = await startProxy(() => registry.url);
    buildkit = new Buildkit([proxy.host]);
    await buildkit.start();
    home = new ClientHome();
    await login(home, registry.password);
  });

  afterAll(async () => {
    await proxy?.close();
    await registry?.stop();
    await buildkit?.stop();
    ClientHome.removeAll();
  });

  /** The forms of the requests for tokens since the proxy had seen so many. */
  const tokenForms = (since: number) =>
    proxy.requests
      .slice(since)
      .filter(({ method, path, form }) => method === 'POST' && path === '/token' && form !== '')
      .map(({ form }) => new URLSearchParams(form));

  it('CL-BK-01, CL-BK-06: builds and pushes an image, with a token that it asks for by POST', async () => {
    const since = proxy.requests.length;
    const run = 'RUN ["/bin/busybox", "sh", "-c", "/bin/busybox echo built >/built"]';
    const dir = context('plain', 'FROM scratch', 'COPY busybox /bin/', 'COPY seed /etc/', run);
    const { digest } = await buildkit.build(home, dir, ...pushed('plain:v1'));

    const contents = await wire.contents('buildkit/plain', 'v1');
    expect([...contents.keys()][0]).toBe(digest);
    expect(contents.size).toBe(1 + 1 + 3);
    const asked = tokenForms(since).map((form) => [form.get('grant_type'), form.get('scope')]);
    expect(asked).toEqual(BEARER ? [['password', 'repository:buildkit/plain:pull,push']] : []);
  });

  it('pulls a base image from the registry and builds on it', async () => {
    const base = runnableImage(home.path('base'), 'buildkit base');
    await wire.push(base.dir, 'buildkit/base', 'v1');
    const copy = 'RUN ["/bin/busybox", "cp", "/etc/seed", "/copied"]';
    const dir = context('on-base', `FROM ${at('base:v1')}`, copy);
    const out = home.path('out');
    const local = ['--output', `type=local,dest=${out}`];
    const { digest } = await buildkit.build(home, dir, ...pushed('on-base:v1'), ...local);

    expect(readFileSync(join(out, 'copied'), 'utf8')).toBe('buildkit base');
    const layers = [(await manifest('base', 'v1')).layers, (await manifest('on-base', digest)).layers.slice(0, 2)];
    expect(layers[1]!.map((layer) => layer.digest)).toEqual(layers[0]!.map((layer) => layer.digest));
    expect([...(await wire.contents('buildkit/on-base', 'v1')).keys()][0]).toBe(digest);
  });

  it('CL-BK-06: mounts what it pushed to another repository, with one token for both', async () => {
    const dir = context('mount', 'FROM scratch', 'COPY busybox /mount/', 'COPY seed /mount/');
    await buildkit.build(home, dir, ...pushed('mount-a:v1'));
    const since = proxy.requests.length;
    appendFileSync(join(dir, 'Dockerfile'), 'COPY scan.sh /mount/\n');
    const { digest } = await buildkit.build(home, dir, ...pushed('mount-b:v1'));

    expect([...(await wire.contents('buildkit/mount-b', 'v1')).keys()][0]).toBe(digest);
    const mounts = proxy.requests.slice(since).filter(({ path, status }) => path.includes('?mount=') && status !== 401);
    const expected = (await manifest('mount-a', 'v1')).layers.map((layer) => [
      `/v2/buildkit/mount-b/blobs/uploads/?mount=${layer.digest}&from=buildkit/mount-a`,
      201,
    ]);
    expect(mounts.map(({ path, status }) => [path, status]).sort()).toEqual(expected.sort());
    const scopes = tokenForms(since).map((form) => form.get('scope')!.split(' ').sort());
    const both = ['repository:buildkit/mount-a:pull', 'repository:buildkit/mount-b:pull,push'];
    expect(scopes.filter((scope) => scope.length > 1)).toEqual(BEARER ? [both] : []);
  });

  it('pulls the platform it is asked for out of an index', async () => {
    const multi = multiArchImage(home.path('multi'), 'buildkit multi');
    await wire.push(multi.dir, 'buildkit/multi', 'v1');
    const dir = context('platform', `FROM ${at('multi:v1')}`);
    await buildkit.build(home, dir, '--opt', 'platform=linux/s390x', ...pushed('platform:v1'));
    const { manifests } = await manifest('multi', 'v1');
    const wanted = await manifest('multi', manifests.find((child) => child.platform?.architecture === 's390x')!.digest);
    expect((await manifest('platform', 'v1')).layers.map(({ digest }) => digest)).toEqual(
      wanted.layers.map(({ digest }) => digest),
    );
  });

  it.each([
    { what: 'artifacts about the image', artifact: true },
    { what: 'images', artifact: false },
  ])('CL-BK-08, TYPE-07: pushes platforms with provenance and an SBOM, as $what', async ({ what, artifact }) => {
    const [name, slug] = [`attested-${artifact}`, what.replaceAll(' ', '-')];
    const scanner = context(`scanner-${slug}`, 'FROM scratch', 'COPY busybox scan.sh /bin/', 'CMD ["/bin/scan.sh"]');
    await buildkit.build(home, scanner, ...pushed(`scanner-${slug}:v1`));
    const dir = context(`attested-${slug}`, 'FROM scratch', 'COPY seed /');
    const opts = ['platform=linux/amd64,linux/arm64', 'attest:provenance=mode=max'];
    const generator = `attest:sbom=generator=${at(`scanner-${slug}:v1`)}`;
    const flags = [...opts, generator].flatMap((opt) => ['--opt', opt]);
    const { digest } = await buildkit.build(home, dir, ...flags, ...pushed(`${name}:v1`, `oci-artifact=${artifact}`));

    expect([...(await wire.contents(`buildkit/${name}`, 'v1')).keys()][0]).toBe(digest);
    const { manifests } = await manifest(name, 'v1');
    const platforms = manifests.map(({ platform }) => `${platform!.os}/${platform!.architecture}`);
    expect(platforms).toEqual(['linux/amd64', 'linux/arm64', 'unknown/unknown', 'unknown/unknown']);
    for (const [image, about] of [
      [manifests[0]!, manifests[2]!],
      [manifests[1]!, manifests[3]!],
    ] as const) {
      expect(about.annotations).toEqual({
        'vnd.docker.reference.digest': image.digest,
        'vnd.docker.reference.type': 'attestation-manifest',
      });
      const attestation = await manifest(name, about.digest);
      const predicates = attestation.layers.map(({ annotations }) => annotations!['in-toto.io/predicate-type']);
      expect(predicates).toEqual(['https://spdx.dev/Document', expect.stringContaining('slsa.dev/provenance')]);
      expect(attestation.subject?.digest).toBe(artifact ? image.digest : undefined);
      const referrers = await wire.request(`/v2/buildkit/${name}/referrers/${image.digest}`);
      const listed = ((await referrers.json()) as Manifest).manifests.map((entry) => [
        entry.digest,
        entry.artifactType,
      ]);
      expect(listed).toEqual(artifact ? [[about.digest, ATTESTATION]] : []);
    }
  });

  it.each([
    { compression: 'uncompressed', mediaType: `${OCI}.layer.v1.tar`, start: 'seed' },
    { compression: 'gzip', mediaType: `${OCI}.layer.v1.tar+gzip`, start: '\x1f\x8b' },
    { compression: 'estargz', mediaType: `${OCI}.layer.v1.tar+gzip`, start: '\x1f\x8b' },
    { compression: 'zstd', mediaType: `${OCI}.layer.v1.tar+zstd`, start: '\x28\xb5\x2f\xfd' },
  ])('CL-BK-04: pushes $compression layers, and builds on them again', async ({ compression, mediaType, start }) => {
    const dir = context(`layers-${compression}`, 'FROM scratch', 'COPY seed /');
    const options = [`compression=${compression}`, 'force-compression=true'];
    const { digest } = await buildkit.build(home, dir, ...pushed(`layers-${compression}:v1`, ...options));

    const contents = await wire.contents(`buildkit/layers-${compression}`, digest);
    const [layer] = (await manifest(`layers-${compression}`, 'v1')).layers;
    expect(layer!.mediaType).toBe(mediaType);
    expect(contents.get(layer!.digest)!.toString('latin1').startsWith(start)).toBe(true);
    await buildkit.prune();
    writeFileSync(join(dir, 'Dockerfile'), `FROM ${at(`layers-${compression}:v1`)}\n`);
    const out = home.path(`out-${compression}`);
    await home.run(buildkit.command(dir, '--output', `type=local,dest=${out}`));
    expect(readFileSync(join(out, 'seed'), 'utf8')).toBe(`layers-${compression}`);
  });

  it('is refused a pull and a push with a wrong password and without one', async () => {
    const dir = context('private', 'FROM scratch', 'COPY seed /');
    await buildkit.build(home, dir, ...pushed('private:v1'));
    const [stranger, mistaken] = [new ClientHome(), new ClientHome()];
    await login(mistaken, `${registry.password}x`);
    for (const who of [stranger, mistaken]) {
      await buildkit.prune();
      writeFileSync(join(dir, 'Dockerfile'), 'FROM scratch\nCOPY seed /again\n');
      await who.refused(buildkit.command(dir, ...pushed('private:v2')));
      writeFileSync(join(dir, 'Dockerfile'), `FROM ${at('private:v1')}\nCOPY seed /again\n`);
      await who.refused(buildkit.command(dir, '--output', `type=local,dest=${who.path('out')}`));
    }
    expect(await wire.manifestStatus('buildkit/private', 'v2')).toBe(404);
  });
});
