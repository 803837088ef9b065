import { ManifestInvalid, parseManifest } from '@lading/oci';
import { accepted, fuzz } from './fuzz.js';

const TYPES = [undefined, 'application/vnd.oci.image.manifest.v1+json', 'application/json', 'application/x.other+json'];
const PIECES = ['{', '}', '[', ']', ',', ':', '"', '"layers"', '"manifests"', '"config"', '"subject"', '"size"'];
const VALUES = ['"digest"', '"mediaType"', '1', '-1', '1e3', 'null', 'true', '\\u0000', `"sha256:${'a'.repeat(64)}"`];

it('MAN-24: a manifest is read or refused with MANIFEST_INVALID, whatever the bytes are', () => {
  fuzz('manifests', [...PIECES, ...VALUES], (text) => {
    for (const type of TYPES) {
      const manifest = accepted(ManifestInvalid, () => parseManifest(Buffer.from(text, 'latin1'), type));
      if (manifest === undefined) continue;
      expect(manifest.mediaType).toMatch(/^application\//i);
      expect(typeof JSON.parse(Buffer.from(text, 'latin1').toString())).toBe('object');
      for (const { digest, size } of manifest.edges) {
        expect(digest).toMatch(/^[a-z0-9+._-]+:[a-zA-Z0-9=_-]+$/);
        expect(Number.isSafeInteger(size) && size >= 0).toBe(true);
      }
    }
  });
});
