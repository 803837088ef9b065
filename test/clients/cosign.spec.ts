import { mkdirSync, writeFileSync } from 'node:fs';
import { ClientHome } from '../support/client-home.js';
import { differences, layoutContents } from '../support/contents.js';
import { describeWith } from '../support/describe-with.js';
import { runnableImage, type TestImage } from '../support/images.js';
import { tool } from '../support/paths.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { run } from '../support/run.js';
import { Wire } from '../support/wire.js';

/** Flags of the form that cosign 2 had: signatures of their own, and no services. */
const OLD = ['--use-signing-config=false', '--new-bundle-format=false', '--tlog-upload=false'];
/** Flags of the third form: an old signature, attached as a referrer. */
const OCI_1_1 = [...OLD, '--registry-referrers-mode=oci-1-1'];

const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const OLD_SIGNATURE = 'application/vnd.dev.cosign.artifact.sig.v1+json';

describeWith(['cosign'], 'cosign', () => {
  let home: ClientHome;
  let image: TestImage;
  let registry: Registry;
  let wire: Wire;

  const cosign = (verb: string, ...args: string[]) => [
    tool('cosign'),
    verb,
    '--allow-insecure-registry',
    '--allow-http-registry',
    ...args,
  ];
  const at = (name: string) => `${registry.host}/cosign/${name}@${image.digest}`;
  const tag = (name: string) => `${registry.host}/cosign/${name}:v1`;
  const verify = (name: string, key: string, ...flags: string[]) =>
    cosign('verify', '--key', home.path(`${key}.pub`), '--insecure-ignore-tlog=true', ...flags, at(name));

  /** Flags of the form of today, with neither a transparency log nor a clock, so that nothing outside is asked. */
  const offline = () => ['--signing-config', home.path('config.json'), '--trusted-root', home.path('root.json')];
  const sign = (name: string, ...flags: string[]) =>
    home.run(cosign('sign', '--key', home.path('ours.key'), ...flags, '-y', at(name)));
  const attest = (name: string, ...flags: string[]) => {
    const what = ['--type', 'custom', '--predicate', home.path('predicate.json'), '-y', at(name)];
    return home.run(cosign('attest', '--key', home.path('ours.key'), ...flags, ...what));
  };
  const fails = async (command: string[], message: RegExp) => {
    const { code, stderr } = await run(command, { env: home.env });
    expect([code, stderr]).toEqual([expect.any(Number), expect.stringMatching(message)]);
    expect(code).not.toBe(0);
  };
  const referrers = (name: string) => wire.referrers(`cosign/${name}`, image.digest);
  const tags = (name: string) => wire.tags(`cosign/${name}`);
  /** A tag beside the image, as cosign names it. */
  const beside = (suffix: string) => `sha256-${image.digest.slice('sha256:'.length)}${suffix}`;

  beforeAll(async () => {
    registry = await startRegistry();
    wire = new Wire(registry);
    home = new ClientHome({ COSIGN_PASSWORD: '', COSIGN_EXPERIMENTAL: '1' });
    image = runnableImage(home.path('layout'), 'cosign');
    await home.run([tool('crane'), 'auth', 'login', registry.host, '-u', registry.user, '-p', registry.password]);
    for (const name of ['ours', 'theirs'])
      await home.run([tool('cosign'), 'generate-key-pair', '--output-key-prefix', home.path(name)]);
    await home.run([tool('cosign'), 'signing-config', 'create', '--out', home.path('config.json')]);
    await home.run([tool('cosign'), 'trusted-root', 'create', '--out', home.path('root.json')]);
    writeFileSync(home.path('predicate.json'), '{"built":"here"}');
  });

  afterAll(async () => {
    await registry?.stop();
    ClientHome.removeAll();
  });

  const FORMS = [
    { form: 'a bundle that refers to the image', name: 'bundle', flags: offline, check: [], type: BUNDLE },
    {
      form: 'an old signature that refers to the image',
      name: 'oci11',
      flags: () => OCI_1_1,
      check: ['--new-bundle-format=false', '--experimental-oci11'],
      type: OLD_SIGNATURE,
    },
    { form: 'an old signature under a tag', name: 'tag', flags: () => OLD, check: ['--new-bundle-format=false'] },
  ];

  it.each(FORMS)('CL-CS-01: signs an image with $form, and verifies it with the right key alone', async (form) => {
    const { name, flags, check, type } = form;
    await wire.push(image.dir, `cosign/${name}`, 'v1');
    await fails(verify(name, 'ours', ...check), /no signatures found/);
    await sign(name, ...flags());

    const { stdout } = await home.run(verify(name, 'ours', ...check));
    expect(stdout).toContain(`"docker-manifest-digest":"${image.digest}"`);
    await fails(
      verify(name, 'theirs', ...check),
      /no matching attestations|no matching signatures|no signatures found/,
    );
    expect((await referrers(name)).map(({ artifactType }) => artifactType)).toEqual(type ? [type] : []);
    expect(await tags(name)).toEqual(type ? ['v1'] : [beside('.sig'), 'v1']);
    const signature = type ? (await referrers(name))[0]!.digest : beside('.sig');
    expect((await wire.contents(`cosign/${name}`, signature)).size).toBe(3);
  });

  it.each([
    { form: 'a bundle', name: 'attested', flags: offline, check: [] },
    {
      form: 'an attestation under a tag',
      name: 'attested-tag',
      flags: () => OLD,
      check: ['--new-bundle-format=false'],
    },
  ])('CL-CS-01: attests with $form, and finds it again', async ({ name, flags, check }) => {
    await wire.push(image.dir, `cosign/${name}`, 'v1');
    await attest(name, ...flags());
    const verifyAttestation = (key: string) => {
      const what = ['--key', home.path(`${key}.pub`), '--type', 'custom', '--insecure-ignore-tlog=true'];
      return cosign('verify-attestation', ...what, ...check, at(name));
    };
    const { stdout } = await home.run(verifyAttestation('ours'));
    const statement = JSON.parse(Buffer.from(JSON.parse(stdout).payload, 'base64').toString());
    expect(statement.subject[0].digest).toEqual({ sha256: image.digest.slice('sha256:'.length) });
    expect(JSON.stringify(statement.predicate)).toContain('here');
    await fails(verifyAttestation('theirs'), /no matching attestations|no signatures found/);
  });

  it('CL-CS-01: shows what belongs to an image, and cleans it away without touching the image', async () => {
    await wire.push(image.dir, 'cosign/clean', 'v1');
    await sign('clean', ...offline());
    await sign('clean', ...OLD);
    await sign('clean', ...OCI_1_1);
    await attest('clean', ...OLD);
    const { digest } = (await referrers('clean')).find(({ artifactType }) => artifactType === BUNDLE)!;
    const before = await home.run(cosign('tree', at('clean')));
    for (const part of [beside('.sig'), beside('.att'), digest]) expect(before.stdout).toContain(part);

    await home.run(cosign('clean', '-f', '--type', 'all', tag('clean')));
    expect(await tags('clean')).toEqual(['v1']);
    // It leaves an old signature that refers to the image.
    expect((await referrers('clean')).map(({ artifactType }) => artifactType)).toEqual([OLD_SIGNATURE]);
    expect(await wire.manifestStatus('cosign/clean', digest)).toBe(404);
    expect(differences(await layoutContents(image.dir), await wire.contents('cosign/clean', 'v1'))).toEqual([]);
  });

  it('CL-CS-01: copies an image with the signatures under its tags, and names the image by a tag like a digest', async () => {
    await wire.push(image.dir, 'cosign/source', 'v1');
    await sign('source', ...OLD);
    await home.run(cosign('copy', tag('source'), tag('copy')));

    expect(await tags('copy')).toEqual([beside(''), beside('.sig'), 'v1']);
    const original = await layoutContents(image.dir);
    for (const reference of ['v1', beside('')])
      expect(differences(original, await wire.contents('cosign/copy', reference))).toEqual([]);
    await home.run(verify('copy', 'ours', '--new-bundle-format=false'));
    // The tag that older clients take for the list of referrers holds an image here.
    expect(await referrers('copy')).toEqual([]);
  });

  it('CL-CS-01: saves an image with its signatures to a folder, and loads it into another repository', async () => {
    await wire.push(image.dir, 'cosign/save', 'v1');
    await sign('save', ...OLD);
    mkdirSync(home.path('saved'));
    await home.run(cosign('save', '--dir', home.path('saved'), tag('save')));
    await home.run(cosign('load', '--dir', home.path('saved'), tag('load')));
    expect(differences(await layoutContents(image.dir), await wire.contents('cosign/load', 'v1'))).toEqual([]);
    await home.run(verify('load', 'ours', '--new-bundle-format=false'));
  });

  it('verifies a bundle that oras copied with its image to another repository', async () => {
    await wire.push(image.dir, 'cosign/from', 'v1');
    await sign('from', ...offline());
    const recursive = ['copy', '-r', '--from-plain-http', '--to-plain-http'];
    await home.run([tool('oras'), ...recursive, tag('from'), tag('to')]);
    await home.run(verify('to', 'ours'));
    await fails(verify('to', 'theirs'), /no matching attestations/);
  });

  it('is refused a signature without credentials', async () => {
    await wire.push(image.dir, 'cosign/private', 'v1');
    const stranger = new ClientHome({ COSIGN_PASSWORD: '' });
    const key = ['--key', home.path('ours.key'), '-y', at('private')];
    await stranger.refused(cosign('sign', ...offline(), ...key));
    await stranger.refused(verify('private', 'ours'));
    expect(await referrers('private')).toEqual([]);
  });
});
