import { openUpload, pushImage } from './support/content.js';
import { eventually } from './support/eventually.js';
import { openFiles } from './support/open-files.js';
import { head, Raw } from './support/raw.js';
import { useRegistry } from './support/use-registry.js';

// What go-containerregistry does to find out whether it may push, before kaniko builds: it opens an upload, and cancels it
// without waiting for the answer.

const LIMIT = 5;

const { registry, http } = useRegistry({ LADING_OPEN_UPLOADS: `${LIMIT}` });

const isUnknown = async (location: string) =>
  expect(await http.send('GET', location)).toMatchObject({ status: 404, codes: ['BLOB_UPLOAD_UNKNOWN'] });

describe('UPL-10: an upload that only asks whether it may be', () => {
  it('counts no more once it is cancelled, and keeps no file open', async () => {
    for (let n = 0; n < 10 * LIMIT; n++) {
      const location = await openUpload(http, 'cancel/often');
      expect((await http.send('DELETE', location)).status).toBe(204);
      await isUnknown(location);
    }
    // The file of a new upload stays open for a moment, for the bytes that most clients send at once.
    await eventually('the end of every file', () => openFiles(registry).blobs === 0 || undefined);
    for (let n = 0; n < LIMIT; n++) await openUpload(http, 'cancel/often');
    const refused = await http.send('POST', '/v2/cancel/often/blobs/uploads/');
    expect([refused.status, refused.codes]).toEqual([429, ['TOOMANYREQUESTS']]);
  });

  it('is cancelled while the push goes on beside it', async () => {
    for (let n = 0; n < 10; n++) {
      const location = await openUpload(http, 'cancel/beside');
      const [cancelled] = await Promise.all([http.send('DELETE', location), pushImage(http, 'cancel/beside', `v${n}`)]);
      expect(cancelled.status).toBe(204);
      await isUnknown(location);
    }
  });

  it('is cancelled though the client has gone by then', async () => {
    const location = await openUpload(http, 'cancel/gone');
    const request = head('DELETE', location, `Authorization: ${http.authorization}`, 'Content-Length: 0');
    const raw = Raw.open(registry, request);
    await new Promise<void>((resolve) => raw.socket.write('', () => resolve()));
    raw.cut();
    await eventually('the end of the upload', async () => {
      const { status } = await http.send('GET', location);
      return status === 404 || undefined;
    });
    await isUnknown(location);
  });
});
