import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { type BehindNginx, startBehindNginx } from '../support/behind-nginx.js';
import { ClientHome } from '../support/client-home.js';
import { digestOf } from '../support/digest.js';
import { seededBytes } from '../support/seeded-bytes.js';

const MB = 1_000_000;

describe('nginx as docs/proxy.md has it', () => {
  let front: BehindNginx;
  let home: ClientHome;
  let big: Buffer;

  beforeAll(async () => {
    front = await startBehindNginx();
    home = new ClientHome();
    big = seededBytes(40 * MB, 'nginx big');
  });

  afterAll(async () => {
    await front?.stop();
    ClientHome.removeAll();
  });

  /** A request as it is written, on a connection of its own. Fails where TLS or the transfer does. */
  const curl = async (url: string, ...words: string[]) => {
    const [head, body] = [home.path('head'), home.path('body')];
    writeFileSync(body, '');
    const form = ['-o', body, '-D', head, '-w', '%{http_code} %{http_version}'];
    const { stdout } = await home.run(['curl', '-sS', '--cacert', front.certificate.ca, ...form, ...words, url]);
    const [status, version] = stdout.split(' ');
    const headers = new Map<string, string>();
    // Of several heads, such as that of 100, the last is the answer's.
    for (const line of readFileSync(head, 'utf8').trimEnd().split('\r\n\r\n').at(-1)!.split('\r\n').slice(1))
      headers.set(line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2));
    return { status: Number(status), version, headers, body: readFileSync(body) };
  };
  const asAdmin = () => ['-u', `${front.registry.user}:${front.registry.password}`];
  const file = (bytes: Buffer) => {
    writeFileSync(home.path('sent'), bytes);
    return home.path('sent');
  };

  describe.each([
    ['h2', '--http2', '2'],
    ['h2', '--http1.1', '1.1'],
    ['h2-buffered', '--http2', '2'],
    ['h1', '--http1.1', '1.1'],
  ] as const)('%s %s', (name, protocol, version) => {
    const request = (path: string, ...words: string[]) => curl(`${front.sites[name].url}${path}`, protocol, ...words);

    it('AUTH-04, HTTP-28: has a realm on its own scheme, host and port, by address and by name', async () => {
      const asked = await request('/v2/');
      expect([asked.status, asked.version]).toEqual([401, version]);
      const realm = `Bearer realm="${front.sites[name].url}/token",service="lading"`;
      expect(asked.headers.get('www-authenticate')).toBe(realm);
      const named = front.sites[name].url.replace(front.address, 'registry.test');
      const resolve = `${new URL(named).host}:${front.address}`;
      expect((await curl(`${named}/v2/`, protocol, '--resolve', resolve)).headers.get('www-authenticate')).toBe(
        realm.replace(front.address, 'registry.test'),
      );
    });

    it('HTTP-28: lets nothing through that a client invents', async () => {
      const lies = ['X-Forwarded-For: 203.0.113.1', 'X-Forwarded-Proto: http', 'X-Forwarded-Host: lie.test'];
      const more = ['X-Forwarded-Port: 1', 'Forwarded: for=203.0.113.1;host=lie.test;proto=http'];
      const asked = await request('/v2/', ...[...lies, ...more].flatMap((header) => ['-H', header]));
      expect(asked.headers.get('www-authenticate')).toContain(`realm="${front.sites[name].url}/token"`);
    });

    it('HTTP-24, HTTP-26, regression goharbor/harbor#19787: an upload goes on at a path of this host', async () => {
      const repository = `nginx/upload-${name}-${version}`;
      const opened = await request(`/v2/${repository}/blobs/uploads/`, ...asAdmin(), '-X', 'POST');
      const location = opened.headers.get('location')!;
      expect([opened.status, location]).toEqual([202, expect.stringMatching(/^\/v2\/[A-Za-z0-9._~/-]+$/)]);
      const chunked = ['-X', 'PATCH', '-H', 'Transfer-Encoding: chunked', '-T', file(big)];
      const sent = await request(location, ...asAdmin(), ...chunked);
      expect([sent.status, sent.headers.get('location'), sent.headers.get('range')]).toEqual([
        202,
        location,
        `0-${big.length - 1}`,
      ]);
      const digest = digestOf(big);
      const closed = await request(`${location}?digest=${encodeURIComponent(digest)}`, ...asAdmin(), '-X', 'PUT');
      expect([closed.status, closed.headers.get('location')]).toEqual([201, `/v2/${repository}/blobs/${digest}`]);
    });

    it('HTTP-30, regression containers/skopeo#2104, containers/podman#24919: 40 MB in one PUT, and back', async () => {
      const repository = `nginx/blob-${name}-${version}`;
      const opened = await request(`/v2/${repository}/blobs/uploads/`, ...asAdmin(), '-X', 'POST');
      const digest = digestOf(big);
      const put = `${opened.headers.get('location')}?digest=${digest}`;
      expect((await request(put, ...asAdmin(), '-T', file(big))).status).toBe(201);

      const path = `/v2/${repository}/blobs/${digest.replace(':', '%3A')}`;
      const whole = await request(path, ...asAdmin(), '-H', 'Accept-Encoding: gzip');
      expect([whole.status, whole.headers.get('content-length'), whole.body.equals(big)]).toEqual([
        200,
        '40000000',
        true,
      ]);
      const part = await request(path, ...asAdmin(), '-r', '39000000-');
      expect([part.status, part.headers.get('content-range'), part.body.equals(big.subarray(39 * MB))]).toEqual([
        206,
        'bytes 39000000-39999999/40000000',
        true,
      ]);
    });

    it('HTTP-20: an early 401 and an early 413 reach a client that still sends', async () => {
      const expectsNothing = ['-H', 'Expect:', '-T', file(big)];
      const refused = await request('/v2/nginx/early/blobs/uploads', ...expectsNothing, '-X', 'POST');
      expect([refused.status, JSON.parse(`${refused.body}`).errors[0].code]).toEqual([401, 'UNAUTHORIZED']);
      const type = ['-H', 'Content-Type: application/vnd.oci.image.manifest.v1+json'];
      const large = await request(
        '/v2/nginx/early/manifests/v1',
        ...asAdmin(),
        ...type,
        ...expectsNothing,
        '-X',
        'PUT',
      );
      expect([large.status, JSON.parse(`${large.body}`).errors[0].code]).toEqual([413, 'SIZE_INVALID']);
    });

    it('HTTP-13, regression oras-project/oras-go#1176: nothing is compressed on the way', async () => {
      const manifest = JSON.stringify({
        schemaVersion: 2,
        manifests: [],
        annotations: { words: 'again '.repeat(3000) },
      });
      const type = 'application/vnd.oci.image.index.v1+json';
      const path = `/v2/nginx/plain-${name}-${version}/manifests/v1`;
      const body = file(Buffer.from(manifest));
      expect((await request(path, ...asAdmin(), '-H', `Content-Type: ${type}`, '-T', body)).status).toBe(201);
      const got = await request(path, ...asAdmin(), '-H', 'Accept-Encoding: gzip, deflate, br');
      expect([got.status, `${got.body}`, got.headers.has('content-encoding')]).toEqual([200, manifest, false]);
      const head = await request(path, ...asAdmin(), '-I', '-H', 'Accept-Encoding: gzip');
      expect([head.headers.get('content-type'), head.headers.get('content-length')]).toEqual([
        type,
        `${manifest.length}`,
      ]);
    });

    it('HTTP-19: a token for many repositories fits through', async () => {
      const scopes = Array.from({ length: 80 }, (_, at) => `scope=repository:nginx/${'a'.repeat(120)}${at}:pull`);
      const { body } = await request(`/token?service=lading&${scopes.join('&')}`, ...asAdmin());
      const { token } = JSON.parse(`${body}`) as { token: string };
      expect(token.length).toBeGreaterThan(16_000);
      expect((await request('/v2/', '-H', `Authorization: Bearer ${token}`)).status).toBe(200);
    });
  });

  describe('one HTTP/2 connection', () => {
    // The bodies of every stream are held in memory, which Node takes for a fault above 10 MB.
    const open = () => connect(front.sites.h2.url, { ca: readFileSync(front.certificate.ca), maxSessionMemory: 500 });
    const basic = () => `Basic ${Buffer.from(`${front.registry.user}:${front.registry.password}`).toString('base64')}`;
    type Session = ReturnType<typeof open>;
    const begin = (session: Session, method: string, path: string) =>
      session.request({ ':method': method, ':path': path, authorization: basic() }, { endStream: method === 'GET' });
    type Stream = ReturnType<typeof begin>;
    const answerTo = (stream: Stream) =>
      new Promise<{ status: number; location: string; body: Buffer }>((resolve, reject) => {
        const pieces: Buffer[] = [];
        let head: Record<string, unknown> = {};
        stream.on('response', (headers) => {
          head = headers;
        });
        stream.on('data', (piece: Buffer) => pieces.push(piece));
        stream.once('error', reject);
        stream.once('end', () =>
          resolve({ status: Number(head[':status']), location: String(head.location), body: Buffer.concat(pieces) }),
        );
      });
    const openUpload = async (session: Session, repository: string) => {
      const stream = begin(session, 'POST', `/v2/${repository}/blobs/uploads/`);
      stream.end();
      return (await answerTo(stream)).location;
    };

    it('HTTP-29, regression tiiuae/ghaf-infra#1115: carries big blobs both ways at once, whole', async () => {
      const session = open();
      const digest = digestOf(big);
      const uploads = await Promise.all([1, 2, 3].map((at) => openUpload(session, `nginx/streams-${at}`)));
      const puts = await Promise.all(
        uploads.map((path) => {
          const stream = begin(session, 'PUT', `${path}?digest=${digest}`);
          stream.end(big);
          return answerTo(stream);
        }),
      );
      expect(puts.map(({ status }) => status)).toEqual([201, 201, 201]);
      const gets = await Promise.all(
        [1, 2, 3].map((at) => answerTo(begin(session, 'GET', `/v2/nginx/streams-${at}/blobs/${digest}`))),
      );
      expect(gets.map(({ status, body }) => [status, body.equals(big)])).toEqual(Array(3).fill([200, true]));
      session.close();
    });

    it('HTTP-29, regression werf/werf#2684: ends the push that it is at when nginx is reloaded', async () => {
      const session = open();
      const path = await openUpload(session, 'nginx/reload');
      const stream = begin(session, 'PATCH', path);
      const answer = answerTo(stream);
      stream.write(big.subarray(0, 5 * MB));
      await front.sites.h2.reload();
      expect((await curl(`${front.sites.h2.url}/v2/`, ...asAdmin())).status).toBe(200);
      stream.end(big.subarray(5 * MB));
      expect((await answer).status).toBe(202);
      const closed = await curl(`${front.sites.h2.url}${path}?digest=${digestOf(big)}`, ...asAdmin(), '-X', 'PUT');
      expect(closed.status).toBe(201);
      session.close();
    });
  });
});
