// docker-registry-client: pushes an image of Docker's kind blob by blob, lists its tags and reads it back.
const { createHash } = require('node:crypto');
const { createReadStream, readFileSync, statSync } = require('node:fs');
const { promisify } = require('node:util');
const { createClientV2 } = require('docker-registry-client');

const { host, user, password, name, config, layer } = JSON.parse(readFileSync(0, 'utf8'));
const client = createClientV2({
  name: `${host}/${name}`,
  insecure: true,
  scheme: 'http',
  username: user,
  password,
  maxSchemaVersion: 2,
});
const call = (method, asked) => promisify(client[method]).call(client, asked);
const digestOf = (bytes) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

async function put(file, mediaType) {
  const digest = digestOf(readFileSync(file));
  const { size } = statSync(file);
  await call('blobUpload', { digest, contentLength: size, stream: createReadStream(file) });
  return { mediaType: `application/vnd.docker.${mediaType}`, digest, size };
}

async function blob(digest) {
  const stream = await call('createBlobReadStream', { digest });
  const pieces = [];
  for await (const piece of stream) pieces.push(piece);
  return digestOf(Buffer.concat(pieces));
}

async function all() {
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
    config: await put(config, 'container.image.v1+json'),
    layers: [await put(layer, 'image.rootfs.diff.tar.gzip')],
  });
  await call('putManifest', { ref: 'v1', manifest });
  const { tags } = await promisify(client.listTags).call(client);
  const found = await call('getManifest', { ref: 'v1' });
  const [there] = found.layers;
  console.log(JSON.stringify({ manifest: digestOf(manifest), tags, found, layer: await blob(there.digest) }));
  client.close();
}

all().catch((error) => {
  console.error(error);
  process.exit(1);
});
