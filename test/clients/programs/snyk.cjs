// @snyk/docker-registry-v2-client: finds an image and reads its manifest, config and first layer.
const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const registry = require('@snyk/docker-registry-v2-client');

const { host, user, password, name, to } = JSON.parse(readFileSync(0, 'utf8'));
const options = {
  protocol: 'http',
  acceptManifest: 'application/vnd.oci.image.manifest.v1+json,application/vnd.oci.image.index.v1+json',
};
const digestOf = (bytes) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

async function all() {
  const repositories = await registry.getRepos(host, user, password, 2, 10, options);
  const tags = await registry.getTags(host, name, user, password, 1, 10, options);
  const manifest = await registry.getManifest(host, name, 'v1', user, password, options);
  const config = await registry.getImageConfig(host, name, manifest.config.digest, user, password, options);
  const [first] = manifest.layers;
  const layer = digestOf(await registry.getLayer(host, name, first.digest, user, password, options));
  await registry.downloadLayer(to, host, name, first.digest, user, password, options);
  console.log(JSON.stringify({ repositories, tags, manifest, config, layer, downloaded: digestOf(readFileSync(to)) }));
}

all().catch((error) => {
  console.error(error);
  process.exit(1);
});
