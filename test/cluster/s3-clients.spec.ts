import { ClientHome } from '../support/client-home.js';
import { differences, layoutContents } from '../support/contents.js';
import { randomImage } from '../support/images.js';
import { tool } from '../support/paths.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { Skopeo } from '../support/skopeo.js';
import { Versitygw } from '../support/versitygw.js';
import { BUCKET } from './support/use-s3-registry.js';

// Clients that are sent to the bucket for every blob.

let s3: Versitygw;
let registry: Registry;
beforeAll(async () => {
  s3 = await Versitygw.start();
  s3.makeBucket(BUCKET);
  registry = await startRegistry({ ...s3.settings(BUCKET), LADING_BLOB_REDIRECT: 'on' });
});
afterAll(async () => {
  await registry?.stop();
  await s3?.stop();
  ClientHome.removeAll();
});

const image = (home: ClientHome) => randomImage(home.path('layout'), 'redirected', [6 * 1024 * 1024, 1000]);

it('crane pulls what it pushed, bit for bit', async () => {
  const home = new ClientHome();
  const { dir } = image(home);
  const crane = (...args: string[]) => home.run([tool('crane'), ...args]);
  await crane('auth', 'login', registry.host, '-u', registry.user, '-p', registry.password);
  await crane('push', dir, `${registry.host}/redirect/crane:v1`);
  await crane('pull', '--format', 'oci', `${registry.host}/redirect/crane:v1`, home.path('pulled'));
  expect(differences(await layoutContents(dir), await layoutContents(home.path('pulled')))).toEqual([]);
});

it('skopeo copies what it pushed, bit for bit', async () => {
  const home = new Skopeo();
  const { dir } = image(home);
  await home.login(registry);
  const at = `docker://${registry.host}/redirect/skopeo:v1`;
  await home.run(home.skopeo('copy', '--dest-tls-verify=false', `oci:${dir}:v1`, at));
  await home.run(home.skopeo('copy', '--src-tls-verify=false', at, `oci:${home.path('pulled')}:v1`));
  expect(differences(await layoutContents(dir), await layoutContents(home.path('pulled')))).toEqual([]);
});
