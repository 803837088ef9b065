// @sigstore/oci: attaches a file to an image, as `actions/attest` does.
const { readFileSync } = require('node:fs');
const { attachArtifactToImage } = require('@sigstore/oci');

const { user, password, image, digest, file, mediaType } = JSON.parse(readFileSync(0, 'utf8'));
attachArtifactToImage({
  credentials: { username: user, password },
  imageName: image,
  imageDigest: digest,
  artifact: readFileSync(file),
  mediaType,
  annotations: { 'org.example.made-by': 'a test' },
  fetchOpts: {},
}).then((attached) => console.log(JSON.stringify(attached)));
