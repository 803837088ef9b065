import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCertificate } from '../support/certificate.js';
import { ClientHome, REFUSED } from '../support/client-home.js';
import { digestOf } from '../support/digest.js';
import { type RecordingProxy, startProxy } from '../support/proxy.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { seededBytes } from '../support/seeded-bytes.js';
import { Wire } from '../support/wire.js';
import { mustProgram, program } from './program.js';

type Challenge = 'bearer' | 'basic';
const CHALLENGES: Challenge[] = ['bearer', 'basic'];
let registries: Record<Challenge, Registry>;

beforeAll(async () => {
  const trusted = { LADING_TRUSTED_PROXIES: '127.0.0.1' };
  const start = (challenge: Challenge) => startRegistry({ ...trusted, LADING_CHALLENGE: challenge });
  const [bearer, basic] = await Promise.all([start('bearer'), start('basic')]);
  registries = { bearer, basic };
});

afterAll(async () => {
  await Promise.all(Object.values(registries ?? {}).map((registry) => registry.stop()));
  ClientHome.removeAll();
});

describe.each(CHALLENGES)('python oras with a %s challenge', (challenge) => {
  let registry: Registry;
  let wire: Wire;
  let home: ClientHome;
  let file: string;
  const bytes = seededBytes(70_000, `python oras ${challenge}`);

  beforeAll(() => {
    registry = registries[challenge];
    wire = new Wire(registry);
    home = new ClientHome();
    file = home.path('file.bin');
    writeFileSync(file, bytes);
  });

  const asked = (what: string, more: object = {}) => ({
    do: what,
    host: registry.host,
    user: registry.user,
    password: registry.password,
    backend: 'basic',
    ...more,
  });
  const push = (name: string, more: object = {}) =>
    asked('push', { name, files: [`${file}:application/octet-stream`], ...more });

  it('CL-AP-01: pushes a file with name and password, and pulls it bit for bit', async () => {
    expect(await mustProgram(home, 'use_oras.py', push('python/file'))).toBe(201);
    expect([...(await wire.contents('python/file', 'v1')).keys()]).toContain(digestOf(bytes));

    const to = join(home.dir, 'pulled');
    const pulled = await mustProgram<string[]>(home, 'use_oras.py', asked('pull', { name: 'python/file', to }));
    expect(pulled.map((path) => readFileSync(path).equals(bytes))).toEqual([true]);
  });

  it('lists tags, and deletes a manifest with its tags', async () => {
    await mustProgram(home, 'use_oras.py', push('python/tags'));
    expect(await mustProgram(home, 'use_oras.py', asked('tags', { name: 'python/tags' }))).toEqual(['v1']);
    await mustProgram(home, 'use_oras.py', asked('delete', { name: 'python/tags', tags: ['v1'] }));
    expect(await mustProgram(home, 'use_oras.py', asked('tags', { name: 'python/tags' }))).toEqual([]);
    expect(await wire.manifestStatus('python/tags', 'v1')).toBe(404);
  });

  it('is refused with a wrong password', async () => {
    const { failed } = await program(home, 'use_oras.py', push('python/wrong', { password: `${registry.password}x` }));
    expect(failed).toMatch(REFUSED);
    expect(await wire.manifestStatus('python/wrong', 'v1')).toBe(404);
  });
});

describe('python oras with tokens', () => {
  let registry: Registry;
  let wire: Wire;
  let home: ClientHome;
  const bytes = seededBytes(70_000, 'python oras tokens');

  beforeAll(() => {
    registry = registries.bearer;
    wire = new Wire(registry);
    home = new ClientHome();
    writeFileSync(home.path('file.bin'), bytes);
  });

  const asked = (what: string, more: object) => {
    const { host, user, password } = registry;
    const files = [`${home.path('file.bin')}:application/octet-stream`];
    return { do: what, host, user, password, backend: 'token', files, ...more };
  };
  const token = async (scope: string) => {
    const answer = await wire.request(`/token?service=lading&scope=${encodeURIComponent(scope)}`);
    return ((await answer.json()) as { token: string }).token;
  };

  it('CL-AP-01: asks for the scope of the challenge, and pulls with that token', async () => {
    await mustProgram(home, 'use_oras.py', asked('push', { name: 'python/pull', backend: 'basic' }));
    const to = join(home.dir, 'pulled');
    const pulled = await mustProgram<string[]>(home, 'use_oras.py', asked('pull', { name: 'python/pull', to }));
    expect(pulled.map((path) => readFileSync(path).equals(bytes))).toEqual([true]);
  });

  it('pushes with a token for pull and push that it is given', async () => {
    const given = await token('repository:python/push:pull,push');
    expect(await mustProgram(home, 'use_oras.py', asked('push', { name: 'python/push', token: given }))).toBe(201);
    expect([...(await wire.contents('python/push', 'v1')).keys()]).toContain(digestOf(bytes));
  });

  it('keeps the token for pull that its first request needed, and does not push with it', async () => {
    const proxy = await startProxy(() => registry.url);
    const { failed } = await program(home, 'use_oras.py', asked('push', { name: 'python/narrow', host: proxy.host }));
    await proxy.close();

    expect(failed).toMatch(REFUSED);
    const tokens = proxy.requests.filter(({ path }) => path.startsWith('/token'));
    const posts = proxy.requests.filter(({ method }) => method === 'POST');
    expect(tokens.map(({ path }) => new URL(path, registry.url).searchParams.get('scope'))).toEqual([
      'repository:python/narrow:pull',
    ]);
    expect(posts.map(({ status }) => status)).toEqual([401, 401]);
  });
});

describe.each(CHALLENGES)('python-dxf, over TLS, with a %s challenge', (challenge) => {
  let registry: Registry;
  let front: RecordingProxy;
  let ca: string;
  let home: ClientHome;
  const bytes = seededBytes(3_000_000, `python-dxf ${challenge}`);

  beforeAll(async () => {
    home = new ClientHome();
    registry = registries[challenge];
    const { file, ...tls } = await makeCertificate(home.dir);
    ca = file;
    front = await startProxy(() => registry.url, { tls });
    writeFileSync(home.path('file.bin'), bytes);
  });

  afterAll(() => front?.close());

  const asked = (more: object = {}) => ({
    host: front.host,
    user: registry.user,
    password: registry.password,
    ca,
    file: home.path('file.bin'),
    name: 'dxf/one',
    other: 'dxf/other',
    delete: true,
    ...more,
  });

  it('pushes, names, lists, pulls, mounts and deletes a blob, bit for bit', async () => {
    const digest = digestOf(bytes);
    const done = await mustProgram<Record<string, unknown>>(home, 'use_dxf.py', asked());
    expect(done).toMatchObject({
      pushed: digest,
      aliases: ['one', 'two'],
      'blobs of one': [digest],
      size: bytes.length,
      pulled: digest,
      repositories: expect.arrayContaining(['dxf/one']),
      mounted: digest,
      left: [],
    });
  });

  it('stores its manifest as it was sent', async () => {
    const done = await mustProgram<{ manifest: string }>(
      home,
      'use_dxf.py',
      asked({ name: 'dxf/kept', delete: false }),
    );
    const stored = await new Wire(registry).contents('dxf/kept', 'one');
    expect(stored.get(digestOf(Buffer.from(done.manifest)))?.toString()).toBe(done.manifest);
    expect(stored.get(digestOf(bytes))?.equals(bytes)).toBe(true);
  });

  it('is refused with a wrong password', async () => {
    const { failed } = await program(
      home,
      'use_dxf.py',
      asked({ name: 'dxf/wrong', password: `${registry.password}x` }),
    );
    expect(failed).toMatch(/\b401\b|Unauthorized/);
  });

  it('sends no password over plain HTTP', async () => {
    const { failed } = await program(home, 'use_dxf.py', asked({ host: registry.host, insecure: true }));
    expect(failed).toContain('Auth requires HTTPS');
  });
});
