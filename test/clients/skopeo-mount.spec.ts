import { ClientHome } from '../support/client-home.js';
import { differences, layoutContents } from '../support/contents.js';
import { randomImage, type TestImage } from '../support/images.js';
import { type ProxiedRequest, type RecordingProxy, startProxy } from '../support/proxy.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { Skopeo } from '../support/skopeo.js';
import { Wire } from '../support/wire.js';

const isMount = ({ method, path }: ProxiedRequest) => method === 'POST' && path.includes('mount=sha256');

describe('skopeo, with what it remembers of a registry', () => {
  let home: Skopeo;
  let image: TestImage;
  let proxy: RecordingProxy;
  let registry: Registry;
  let wire: Wire;
  let beforeMount: () => Promise<unknown>;

  beforeAll(async () => {
    registry = await startRegistry();
    wire = new Wire(registry);
    const before = async (request: ProxiedRequest) => void (isMount(request) && (await beforeMount()));
    proxy = await startProxy(() => registry.url, { before });
  });

  beforeEach(async () => {
    beforeMount = async () => undefined;
    home = new Skopeo();
    await home.login(registry, proxy.host);
  });

  afterAll(async () => {
    await proxy?.close();
    await registry?.stop();
    ClientHome.removeAll();
  });

  const at = (name: string) => `docker://${proxy.host}/mount/${name}:v1`;

  /** Runs a copy and returns the requests it made. */
  const traced = async (from: string, to: string) => {
    const before = proxy.requests.length;
    await home.run(home.copy(from, to));
    return proxy.requests.slice(before);
  };

  /** Removes an image and every blob of it from a repository, as a colleague might while skopeo works. */
  const remove = async (name: string, { dir, digest }: TestImage) => {
    const gone = async (path: string) => {
      const { status } = await wire.request(`/v2/mount/${name}/${path}`, { method: 'DELETE' });
      if (status !== 202) throw new Error(`DELETE ${path}: ${status}`);
    };
    await gone(`manifests/${digest}`);
    for (const blob of [...(await layoutContents(dir)).keys()].slice(1)) await gone(`blobs/${blob}`);
  };

  it('CL-CI-07: pushes to a second repository by mounting, and to the same one without any upload', async () => {
    image = randomImage(home.path('layout'), 'skopeo mount', [300_000, 1_000]);
    await traced(`oci:${image.dir}:v1`, at('first'));
    const second = await traced(`oci:${image.dir}:v1`, at('second'));
    const again = await traced(`oci:${image.dir}:v1`, at('second'));

    expect(second.filter(isMount).map(({ status }) => status)).toEqual([201, 201]);
    expect(second.filter(({ method }) => method === 'PATCH').length).toBe(1); // The config, which it never mounts.
    expect(again.filter(({ method }) => method === 'POST' || method === 'PATCH')).toEqual([]);
    expect(differences(await layoutContents(image.dir), await wire.contents('mount/second', 'v1'))).toEqual([]);
  });

  it('CL-CI-03: uploads when a mount is refused, and cancels the session that the refusal opened', async () => {
    image = randomImage(home.path('layout'), 'skopeo refused', [300_000]);
    await traced(`oci:${image.dir}:v1`, at('vanishing'));
    // It has seen the blob in the other repository by HEAD; before its mount arrives, blob and manifest go.
    let removed: Promise<void> | undefined;
    beforeMount = () => (removed ??= remove('vanishing', image));
    const trace = await traced(`oci:${image.dir}:v1`, at('uploaded'));

    expect(trace.filter(isMount).map(({ status }) => status)).toContain(202);
    expect(trace.filter(isMount).map(({ status }) => status)).not.toContain(201);
    const cancelled = trace.filter(({ method, path }) => method === 'DELETE' && path.includes('/blobs/uploads/'));
    expect(cancelled.length).toBe(trace.filter(isMount).length);
    for (const { status } of cancelled) expect(status).toBe(204);
    expect(differences(await layoutContents(image.dir), await wire.contents('mount/uploaded', 'v1'))).toEqual([]);
  });
});
