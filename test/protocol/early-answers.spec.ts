import { NOWHERE, openUpload, pushImage, putManifest } from './support/content.js';
import { answersIn, head, Raw } from './support/raw.js';
import { useUnharmed } from './support/unharmed.js';

const NAME = 'early/app';
const SMALL = 64 * 1024;
const LARGE = 48 * 1024 * 1024;

const { registry, http } = useUnharmed();
let admin: string;
let upload: string;

beforeAll(async () => {
  admin = `Authorization: ${http.authorization}`;
  await pushImage(http, NAME, 'v1');
  upload = await openUpload(http, NAME);
});

/** Requests that are answered before their body is read; the last value is a header of theirs. */
const EARLY = [
  [401, 'POST', () => `/v2/${NAME}/blobs/uploads/?digest=${NOWHERE}`, 'X-Without: credentials'],
  [401, 'PUT', () => `/v2/${NAME}/manifests/v2`, 'Authorization: Bearer x'],
  [403, 'POST', () => `/v2/one/blobs/uploads/?digest=${NOWHERE}`, undefined],
  [403, 'PUT', () => '/v2/one/manifests/v2', undefined],
  [404, 'PATCH', () => `/v2/${NAME}/blobs/uploads/x`, undefined],
  [404, 'PUT', () => `/v2/${NAME}/blobs/uploads/x?digest=${NOWHERE}`, undefined],
  [404, 'PUT', () => '/v2/unknown', undefined],
  [404, 'POST', () => '/nothing', undefined],
  [405, 'PUT', () => `/v2/${NAME}/tags/list`, undefined],
  [400, 'POST', () => `/v2/${NAME}/blobs/uploads/?digest=x`, undefined],
  [400, 'PUT', () => `${upload}?digest=x`, undefined],
  [400, 'PATCH', () => upload, 'Content-Range: x'],
  [400, 'PUT', () => `/v2/${NAME}/manifests/.bad`, undefined],
  [400, 'PUT', () => `/v2/${NAME}/manifests/v2`, 'Content-Encoding: gzip'],
] as const;

describe('HTTP-20: an answer that does not wait for the body', () => {
  const start = (method: string, path: string, header: string | undefined, ...lines: string[]) => {
    const credentials = header === undefined || /^Content/.test(header) ? admin : undefined;
    return head(method, path, credentials, header, ...lines);
  };

  it.each(EARLY)(
    'of %i to %s leaves the connection good for the next request after a small one',
    async (status, method, path, header) => {
      const raw = Raw.open(registry, start(method, path(), header, `Content-Length: ${SMALL}`));
      const [answer] = await raw.answered(1);
      expect(answer).toMatchObject({ status, headers: { connection: 'keep-alive' } });
      raw.write(Buffer.alloc(SMALL, 'x'));
      raw.write(head('GET', '/v2/', admin));
      expect((await raw.answered(2))[1]!.status).toBe(200);
      raw.cut();
    },
  );

  it.each(EARLY)(
    'of %i to %s is read whole by a client that sends a large one',
    async (status, method, path, header) => {
      const raw = Raw.open(registry, start(method, path(), header, `Content-Length: ${LARGE}`));
      raw.write(Buffer.alloc(LARGE, 'x'));
      raw.write(head('GET', '/v2/', admin));
      const { answers, rest } = answersIn(await raw.ended());
      expect([answers.map((answer) => answer.status), rest]).toEqual([[status], '']);
      expect(answers[0]!.headers.connection).toBe('close');
    },
  );

  it('of 416 does either, and the upload goes on', async () => {
    for (const [size, connection] of [
      [SMALL, 'keep-alive'],
      [LARGE, 'close'],
    ] as const) {
      const range = `Content-Range: 7-${size + 6}`;
      const raw = Raw.open(registry, head('PATCH', upload, admin, range, `Content-Length: ${size}`));
      raw.write(Buffer.alloc(size, 'x'));
      expect((await raw.answered(1))[0]).toMatchObject({ status: 416, headers: { connection } });
      if (connection === 'keep-alive') raw.write(head('GET', '/v2/', admin));
      if (connection === 'keep-alive') expect((await raw.answered(2))[1]!.status).toBe(200);
      raw.cut();
    }
    expect((await http.send('GET', upload)).headers.range).toBe('0-0');
  });

  it('of 413 is read by a client that sends a manifest of 48 MiB, by its length and counted', async () => {
    const body = Buffer.alloc(LARGE, 'x');
    for (const sent of [body, [body]]) {
      const answer = await putManifest(http, NAME, 'v2', sent);
      expect([answer.status, answer.codes, answer.headers.connection]).toEqual([413, ['SIZE_INVALID'], 'close']);
    }
  });

  it.each(['by its length', 'counted'])('of 413 to a form is read whole, the form being too long %s', async (how) => {
    const type = 'Content-Type: application/x-www-form-urlencoded';
    for (const size of [64 * 1024 + 1, LARGE]) {
      const framing = how === 'counted' ? 'Transfer-Encoding: chunked' : `Content-Length: ${size}`;
      const raw = Raw.open(registry, head('POST', '/token', type, framing));
      const body = Buffer.alloc(size, 'x');
      raw.write(how === 'counted' ? Buffer.concat([Buffer.from(`${size.toString(16)}\r\n`), body]) : body);
      if (how === 'counted') raw.write('\r\n0\r\n\r\n');
      const { answers, rest } = answersIn(await raw.ended());
      expect(answers.map(({ status, codes, headers }) => [status, ...codes, headers.connection])).toEqual([
        [413, 'UNSUPPORTED', 'close'],
      ]);
      expect([rest, raw.broken]).toEqual(['', false]);
    }
  });

  it('to a body that stops coming ends the connection', async () => {
    const raw = Raw.open(registry, start('PUT', `/v2/${NAME}/tags/list`, undefined, 'Content-Length: 1000'));
    raw.write('some');
    const { answers } = answersIn(await raw.ended());
    expect(answers.map(({ status }) => status)).toEqual([405]);
  });
});
