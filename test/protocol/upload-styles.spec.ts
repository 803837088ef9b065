import { seededBytes } from '../support/seeded-bytes.js';
import { digestOf, openUpload } from './support/content.js';
import { Http } from './support/http.js';
import { UPLOAD_STYLES } from './support/upload-styles.js';
import { useRegistry } from './support/use-registry.js';

// The digests of these two are in the image specification: some registries answer for them without having them.
const EMPTY_BLOB = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const EMPTY_JSON = 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a';

const { registry, http, closing } = useRegistry();
/** Has connections of its own. */
const other = closing(Http.asAdmin(registry));
let count = 0;
let name = '';

beforeEach(() => {
  name = `styles/app${++count}`;
});

const head = (digest: string, client = http, repository = name) =>
  client.send('HEAD', `/v2/${repository}/blobs/${digest}`);

describe.each(Object.entries(UPLOAD_STYLES))('a blob sent as %s', (style, send) => {
  const algorithm = style.includes('sha512') ? 'sha512' : 'sha256';

  it('UPL-32: is acknowledged with exactly 201', async () => {
    expect((await send(http, name, seededBytes(100_000, style))).status).toBe(201);
    expect((await send(http, name, seededBytes(100_000, style))).status).toBe(201);
  });

  it('UPL-33: is found by HEAD right after it, with its length, though HEAD did not find it right before', async () => {
    for (let n = 0; n < 10; n++) {
      const bytes = seededBytes(1000 + n, `${style} ${n}`);
      const digest = digestOf(bytes, algorithm);
      for (const client of [http, other]) expect((await head(digest, client)).status).toBe(404);
      expect((await send(http, name, bytes)).status).toBe(201);
      const found = { status: 200, headers: { 'content-length': `${bytes.length}` } };
      for (const client of [other, http]) expect(await head(digest, client)).toMatchObject(found);
    }
  });
});

describe.each([
  ['the empty blob', EMPTY_BLOB, ''],
  ['the blob {}', EMPTY_JSON, '{}'],
])('NAME-12: %s', (_, digest, text) => {
  const bytes = Buffer.from(text);
  const styles = Object.keys(UPLOAD_STYLES).filter((style) => !/chunks|sha512/.test(style));

  it.each(styles)('is absent until it is pushed, and pushed with %s', async (style) => {
    expect((await head(digest)).status).toBe(404);
    const answer = await UPLOAD_STYLES[style]!(http, name, bytes);
    expect(answer).toMatchObject({ status: 201, headers: { 'docker-content-digest': digest } });
    expect(await head(digest)).toMatchObject({ status: 200, headers: { 'content-length': `${bytes.length}` } });
    const served = await http.send('GET', `/v2/${name}/blobs/${digest}`);
    expect([served.status, String(served.body)]).toEqual([200, text]);
  });

  it('is mounted, and deleted here it stays there', async () => {
    const elsewhere = `${name}-source`;
    await UPLOAD_STYLES['one POST']!(http, elsewhere, bytes);
    expect((await head(digest)).status).toBe(404);
    const mounted = await http.send('POST', `/v2/${name}/blobs/uploads/?mount=${digest}&from=${elsewhere}`);
    expect(mounted.status).toBe(201);
    expect((await http.send('DELETE', `/v2/${name}/blobs/${digest}`)).status).toBe(202);
    expect((await head(digest)).status).toBe(404);
    expect((await http.send('GET', `/v2/${name}/blobs/${digest}`)).codes).toEqual(['BLOB_UNKNOWN']);
    expect((await head(digest, http, elsewhere)).status).toBe(200);
    const again = await http.send('PUT', `${await openUpload(http, name)}?digest=${digest}`, { body: bytes });
    expect([again.status, (await head(digest)).status]).toEqual([201, 200]);
  });
});
