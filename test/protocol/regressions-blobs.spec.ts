import { seededBytes } from '../support/seeded-bytes.js';
import type { Answer } from './support/answer.js';
import { digestOf, NOWHERE, openUpload, pushImage, putBlob } from './support/content.js';
import { Http } from './support/http.js';
import { tokenFor } from './support/token.js';
import { UPLOAD_STYLES } from './support/upload-styles.js';
import { useRegistry } from './support/use-registry.js';

// Faults that other registries had, each told by the public thread that its name gives (regressions.json).

const { registry, http } = useRegistry();

const bearer = async (...scopes: string[]) => new Http(registry, `Bearer ${await tokenFor(registry, scopes)}`);
const head = (name: string, digest: string) => http.send('HEAD', `/v2/${name}/blobs/${digest}`);

it('regression containers/buildah#1133: a blob is there for every connection as soon as its upload is answered, though it was asked for before', async () => {
  const others = Array.from({ length: 4 }, () => Http.asAdmin(registry));
  for (const [style, upload] of Object.entries(UPLOAD_STYLES)) {
    for (let round = 0; round < 10; round++) {
      const bytes = seededBytes(40_000 + round, `${style} ${round}`);
      const paths = (['sha256', 'sha512'] as const).map((of) => `/v2/past/there/blobs/${digestOf(bytes, of)}`);
      for (const each of others) {
        for (const path of paths) expect((await each.send('HEAD', path)).status).toBe(404);
      }
      const answer = await upload(http, 'past/there', bytes);
      expect([style, answer.status]).toEqual([style, 201]);
      const asked = await Promise.all(others.map((each) => each.send('HEAD', answer.headers.location!)));
      expect([style, asked.map(({ status, headers }) => [status, headers['content-length']])]).toEqual([
        style,
        others.map(() => [200, `${bytes.length}`]),
      ]);
      expect((await others[0]!.send('GET', answer.headers.location!)).body.equals(bytes)).toBe(true);
    }
  }
  for (const each of others) each.close();
});

describe('regression project-zot/zot#3642: what the suite found (PUB-06)', () => {
  it('a blob without bytes is taken, also where its length is said, and is 404 where it was not pushed', async () => {
    const empty = digestOf('');
    await putBlob(http, 'past/full', 'something');
    for (const [method, path] of [
      ['POST', `/v2/past/none/blobs/uploads/?digest=${empty}`],
      ['PUT', `${await openUpload(http, 'past/none')}?digest=${empty}`],
    ] as const) {
      const answer = await http.send(method, path, { headers: { 'content-length': '0' } });
      expect([method, answer.status]).toEqual([method, 201]);
    }
    expect(await http.send('GET', `/v2/past/none/blobs/${empty}`)).toMatchObject({
      status: 200,
      body: Buffer.alloc(0),
    });
    expect(await http.send('GET', `/v2/past/full/blobs/${empty}`)).toMatchObject({
      status: 404,
      codes: ['BLOB_UNKNOWN'],
    });
  });

  it('a digest that is none, or of other bytes, is 400 in every way to push', async () => {
    for (const digest of ['sha256:baddigest', 'sha256:', NOWHERE]) {
      const at = await openUpload(http, 'past/bad');
      for (const path of [`/v2/past/bad/blobs/uploads/?digest=${digest}`, `${at}?digest=${digest}`]) {
        const method = path.startsWith(at) ? 'PUT' : 'POST';
        const answer = await http.send(method, path, { body: 'bytes' });
        expect([method, digest, answer.status, answer.codes]).toEqual([method, digest, 400, ['DIGEST_INVALID']]);
      }
    }
  });

  it('a mounted blob that is deleted stays 404, however often it is asked for and who else has it', async () => {
    const digest = await putBlob(http, 'past/source', 'mounted and deleted');
    const mounted = await http.send('POST', `/v2/past/target/blobs/uploads/?mount=${digest}&from=past/source`);
    expect(mounted.status).toBe(201);
    expect((await http.send('DELETE', `/v2/past/target/blobs/${digest}`)).status).toBe(202);
    for (let n = 0; n < 3; n++) {
      expect((await head('past/target', digest)).status).toBe(404);
      expect((await http.send('GET', `/v2/past/target/blobs/${digest}`)).status).toBe(404);
      expect((await head('past/source', digest)).status).toBe(200);
    }
  });

  it('the PUT needs neither Content-Length nor Content-Range, with a last chunk or without', async () => {
    for (const last of [[], [Buffer.from('last')]]) {
      const at = await openUpload(http, 'past/plain');
      await http.send('PATCH', at, { headers: { 'content-range': '0-5' }, body: 'first ' });
      const digest = digestOf(`first ${last.join('')}`);
      expect((await http.send('PUT', `${at}?digest=${digest}`, { body: last })).status).toBe(201);
    }
  });
});

it('regression open-policy-agent/opa#6580, renovatebot/renovate#3877, containerd/containerd#10374: a client that sends its Authorization wherever it is led is led nowhere', async () => {
  const bytes = seededBytes(3_000_000, 'a layer of a bucket');
  const digest = await putBlob(http, 'past/bucket', bytes);
  await pushImage(http, 'past/bucket', 'v1');
  const clients = [http, await bearer('repository:past/bucket:pull')];
  for (const client of clients) {
    const get = (path: string, headers = {}) => client.send('GET', `/v2/past/bucket/${path}`, { headers });
    const answers: [Answer, number, Buffer?][] = [
      [await get(`blobs/${digest}`), 200, bytes],
      [await get(`blobs/${digest}`, { range: 'bytes=1000000-' }), 206, bytes.subarray(1_000_000)],
      [await client.send('HEAD', `/v2/past/bucket/blobs/${digest}`), 200],
      [await get('manifests/v1'), 200],
    ];
    for (const [answer, status, expected] of answers) {
      expect([answer.status, 'location' in answer.headers]).toEqual([status, false]);
      if (expected) expect(answer.body.equals(expected)).toBe(true);
    }
  }
  clients[1]!.close();
});

it('regression containerd/containerd#14086: a mount from what cannot be read is never 403, and a push goes on from every answer to it (MNT-03)', async () => {
  const digest = await putBlob(http, 'past/secret', 'of somebody else');
  const names = ['past/secret', 'past/nothing', 'nobody/nothing', 'library', 'UPPER/case', '', '..', 'a/'.repeat(200)];
  const target = 'repository:past/pusher:pull,push';
  for (const from of names) {
    // The second has asked for the source and was given nothing of it.
    for (const scopes of [[target], [target, `repository:${from}:fly`]]) {
      const client = await bearer(...scopes);
      const query = `?mount=${digest}&from=${encodeURIComponent(from)}`;
      const answer = await client.send('POST', `/v2/past/pusher/blobs/uploads/${query}`);
      expect([from, scopes.length, [202, 401].includes(answer.status)]).toEqual([from, scopes.length, true]);
      const plain = answer.status === 202 ? answer : await client.send('POST', '/v2/past/pusher/blobs/uploads/');
      const put = await client.send('PUT', `${plain.headers.location}?digest=${digest}`, { body: 'of somebody else' });
      expect([from, put.status]).toEqual([from, 201]);
      expect((await http.send('DELETE', `/v2/past/pusher/blobs/${digest}`)).status).toBe(202);
      client.close();
    }
  }
});
