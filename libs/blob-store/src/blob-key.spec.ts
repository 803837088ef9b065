import fc from 'fast-check';
import { type BlobKey, blobKey, isBlobKey } from './blob-key.js';
import { InvalidBlobKey } from './blob-store.errors.js';

describe('a blob key', () => {
  it('fans out by the last two digits of the id', () => {
    expect(blobKey('01890a5d-ac96-774b-bcce-b302099a80f4')).toBe('blobs/f4/01890a5d-ac96-774b-bcce-b302099a80f4');
  });

  it('is made from every UUID in lower case, and from nothing else', () => {
    fc.assert(fc.property(fc.uuid(), (id) => isBlobKey(blobKey(id))));
    const id = '01890a5d-ac96-774b-bcce-b302099a80f4';
    for (const wrong of [id.toUpperCase(), `${id}\n`, ` ${id}`, id.slice(1), `{${id}}`, '', '../../etc/passwd']) {
      expect(() => blobKey(wrong)).toThrow(InvalidBlobKey);
    }
  });

  it('is refused under the fan-out of another id', () => {
    const key: BlobKey = blobKey('01890a5d-ac96-774b-bcce-b302099a80f4');
    expect(isBlobKey(key.replace('/f4/', '/f5/'))).toBe(false);
  });
});
