import { get as httpGet, type IncomingMessage } from 'node:http';
import { seededBytes } from '../support/seeded-bytes.js';
import { AtOnce, type Round } from './support/at-once.js';
import { digestOf, imageOf, openUpload, putBlob, putManifest } from './support/content.js';
import { type Http, readAnswer } from './support/http.js';
import { UPLOAD_STYLES } from './support/upload-styles.js';
import { useRegistry } from './support/use-registry.js';

const { registry, closing } = useRegistry();
let clients: AtOnce;

beforeAll(async () => {
  clients = closing(new AtOnce(registry, 'once/blobs'));
});

const blob = (http: Http, repository: string, digest: string, method = 'GET') =>
  http.send(method, `/v2/${repository}/blobs/${digest}`);
const remove = (repository: string, digest: string) => (http: Http) => blob(http, repository, digest, 'DELETE');
const mount = (repository: string, digest: string, from: string) => (http: Http) =>
  http.send('POST', `/v2/${repository}/blobs/uploads/?mount=${digest}&from=${from}`);
/** The blob as it is served: whole and right, or not there. */
const read = async ({ http }: Round, repository: string, digest: string): Promise<Buffer | undefined> => {
  const { status, body, headers } = await blob(http, repository, digest);
  const head = await blob(http, repository, digest, 'HEAD');
  expect([200, 404]).toContain(status);
  expect(head.status).toBe(status);
  if (status === 404) return undefined;
  expect(digestOf(body, digest.startsWith('sha512') ? 'sha512' : 'sha256')).toBe(digest);
  expect(head.headers['content-length']).toBe(headers['content-length']);
  return body;
};
const bytesOf = (round: Round, more = '', length = 200_000) => seededBytes(length, `${round.name} ${more}`);

describe('of one blob', () => {
  it('UPL-35, ERR-09, UPL-09, regression go-gitea/gitea#27640, sonatype/nexus-public#967: uploads in every style are all 201, and one blob is there', () =>
    clients.inRounds(async (round) => {
      const bytes = bytesOf(round);
      const styles = Object.values(UPLOAD_STYLES);
      const acts = [...styles, ...styles].map((style) => (http: Http) => style(http, round.name, bytes));
      expect(await round.statuses(...acts)).toEqual(acts.map(() => 201));
      for (const algorithm of ['sha256', 'sha512'] as const) {
        const digest = digestOf(bytes, algorithm);
        expect((await read(round, round.name, digest))?.equals(bytes)).toBe(true);
        expect((await remove(round.name, digest)(round.http)).status).toBe(202);
        expect(await read(round, round.name, digest)).toBeUndefined();
      }
    }));

  it('UPL-35: uploads of right and of wrong bytes under it: the right are stored, the wrong are 400', () =>
    clients.inRounds(async (round) => {
      const [bytes, wrong] = [bytesOf(round), bytesOf(round, 'wrong')];
      const digest = digestOf(bytes);
      const path = `/v2/${round.name}/blobs/uploads/?digest=${digest}`;
      const acts = [bytes, wrong, bytes, wrong, bytes].map((body) => (http: Http) => http.send('POST', path, { body }));
      expect(await round.statuses(...acts)).toEqual([201, 400, 201, 400, 201]);
      expect((await read(round, round.name, digest))?.equals(bytes)).toBe(true);
      expect(await read(round, round.name, digestOf(wrong))).toBeUndefined();
    }));

  it('MNT-01, MNT-08: mounts into one repository and into several are all 201', () =>
    clients.inRounds(async (round) => {
      const digest = await putBlob(round.http, round.name, bytesOf(round));
      const targets = [1, 2, 3, 1, 1, 2].map((n) => `${round.name}/t${n}`);
      const acts = targets.map((target) => mount(target, digest, round.name));
      expect(await round.statuses(...acts)).toEqual(acts.map(() => 201));
      for (const target of targets) expect(await read(round, target, digest)).toBeDefined();
    }));

  it('MNT-08, DEL-06: a mount and a delete in the source: what was mounted stays whole', () =>
    clients.inRounds(async (round) => {
      const digest = await putBlob(round.http, round.name, bytesOf(round));
      const targets = [1, 2, 3].map((n) => `${round.name}/t${n}`);
      const acts = targets.map((target) => mount(target, digest, round.name));
      const [removed, ...mounted] = await round.statuses(remove(round.name, digest), ...acts);
      expect(removed).toBe(202);
      expect(await read(round, round.name, digest)).toBeUndefined();
      for (const [n, status] of mounted.entries()) {
        expect([201, 202]).toContain(status);
        expect((await read(round, targets[n]!, digest)) !== undefined).toBe(status === 201);
      }
    }));

  it('MNT-08: a mount and a delete in the target leave it there or not, and the source is untouched', () =>
    clients.inRounds(async (round) => {
      const target = `${round.name}/t`;
      const digest = await putBlob(round.http, round.name, bytesOf(round));
      await mount(target, digest, round.name)(round.http);
      const [mounted, removed] = await round.statuses(mount(target, digest, round.name), remove(target, digest));
      expect([mounted, removed]).toEqual([201, 202]);
      await read(round, target, digest);
      expect(await read(round, round.name, digest)).toBeDefined();
      expect((await mount(target, digest, round.name)(round.http)).status).toBe(201);
      expect(await read(round, target, digest)).toBeDefined();
    }));

  it('UPL-35, DEL-05: an upload and a delete: both are answered as if alone, and it can be pushed again', () =>
    clients.inRounds(async (round) => {
      const bytes = bytesOf(round);
      const digest = await putBlob(round.http, round.name, bytes);
      const upload = (http: Http) => UPLOAD_STYLES['POST and PUT']!(http, round.name, bytes);
      const [first, second, removed] = await round.statuses(upload, upload, remove(round.name, digest));
      expect([first, second, removed]).toEqual([201, 201, 202]);
      await read(round, round.name, digest);
      expect((await upload(round.http)).status).toBe(201);
      expect((await read(round, round.name, digest))?.equals(bytes)).toBe(true);
    }));

  it('DEL-05: several deletes: one is 202, the others are 404', () =>
    clients.inRounds(async (round) => {
      const digest = await putBlob(round.http, round.name, bytesOf(round, '', 10));
      const statuses = await round.statuses(...Array.from({ length: 5 }, () => remove(round.name, digest)));
      expect(statuses.sort()).toEqual([202, 404, 404, 404, 404]);
      expect(await read(round, round.name, digest)).toBeUndefined();
    }));

  it('DEL-07: a delete and a push of a manifest that names it: one of them is refused', () =>
    clients.inRounds(async (round) => {
      const words = `named by a manifest of ${round.name}`;
      const body = await imageOf(round.http, round.name, words);
      const [removed, pushed] = await round.statuses(remove(round.name, digestOf(words)), (http) =>
        putManifest(http, round.name, 'v1', body),
      );
      expect([`${removed} ${pushed}`]).toEqual([expect.stringMatching(/^(202 400|405 201)$/)]);
      expect((await read(round, round.name, digestOf(words))) !== undefined).toBe(pushed === 201);
      const manifest = await round.http.send('GET', `/v2/${round.name}/manifests/v1`);
      expect(manifest.status).toBe(pushed === 201 ? 200 : 404);
      if (pushed === 201) expect(manifest.body.equals(body)).toBe(true);
    }, 3));

  it('DEL-05, BLOB-02: a delete, and pulls that have begun: each pull ends whole, and the next is 404', () =>
    clients.inRounds(async (round) => {
      const bytes = bytesOf(round, '', 8 * 1024 * 1024);
      const digest = await putBlob(round.http, round.name, bytes);
      const begun = await Promise.all([1, 2, 3].map(() => beginPull(round, digest)));
      const [removed, ...others] = await round.atOnce(
        remove(round.name, digest),
        ...[1, 2, 3].map(() => (http: Http) => blob(http, round.name, digest)),
      );
      expect(removed!.status).toBe(202);
      for (const response of begun) expect((await readAnswer(response)).body.equals(bytes)).toBe(true);
      for (const { status, body } of others) {
        expect([200, 404]).toContain(status);
        if (status === 200) expect(body.equals(bytes)).toBe(true);
      }
      expect(await read(round, round.name, digest)).toBeUndefined();
    }, 0.5));
});

/** A pull of which only the head was read. */
function beginPull(round: Round, digest: string): Promise<IncomingMessage> {
  const { authorization } = round.http;
  const headers = { authorization: authorization as string };
  return new Promise((resolve, reject) => {
    const sent = httpGet(`${registry.url}/v2/${round.name}/blobs/${digest}`, { headers, agent: false }, (response) => {
      expect(response.statusCode).toBe(200);
      resolve(response);
    });
    sent.once('error', reject);
  });
}

describe('of one upload', () => {
  it('UPL-23, UPL-35: two writers, each with bytes of its own, never make a blob of both', () =>
    clients.inRounds(async (round) => {
      const location = await openUpload(round.http, round.name);
      const blobs = [bytesOf(round, 'one'), bytesOf(round, 'two', 150_000)];
      const writer = (bytes: Buffer) => async (http: Http) => {
        const headers = { 'content-range': `0-${bytes.length - 1}` };
        const patched = await http.send('PATCH', location, { headers, body: bytes });
        const closed = await http.send('PUT', `${location}?digest=${digestOf(bytes)}`);
        return [patched.status, closed.status];
      };
      const results = await round.atOnce(...blobs.map(writer));
      for (const [n, [patched, closed]] of results.entries()) {
        expect([202, 404, 416]).toContain(patched);
        expect([201, 400, 404]).toContain(closed);
        expect((await read(round, round.name, digestOf(blobs[n]!))) !== undefined).toBe(closed === 201);
      }
      expect(results.filter(([, closed]) => closed === 201).length).toBeLessThanOrEqual(1);
      expect([204, 404]).toContain((await round.http.send('GET', location)).status);
    }, 2));

  it('UPL-36: several closing requests with one digest are 201, or lost the upload to another; the blob is there', () =>
    clients.inRounds(async (round) => {
      const location = await openUpload(round.http, round.name);
      const bytes = bytesOf(round);
      await round.http.send('PATCH', location, { body: bytes });
      const close = (http: Http) => http.send('PUT', `${location}?digest=${digestOf(bytes)}`);
      const statuses = await round.statuses(close, close, close);
      for (const status of statuses) expect([201, 404]).toContain(status);
      // Whoever lost it asks again, as clients do after a lost answer.
      expect((await close(round.http)).status).toBe(201);
      expect((await read(round, round.name, digestOf(bytes)))?.equals(bytes)).toBe(true);
    }));

  it('UPL-40, UPL-26: a cancel and the closing request: one of them is 404', () =>
    clients.inRounds(async (round) => {
      const location = await openUpload(round.http, round.name);
      const bytes = bytesOf(round);
      await round.http.send('PATCH', location, { body: bytes });
      const [closed, cancelled] = await round.statuses(
        (http) => http.send('PUT', `${location}?digest=${digestOf(bytes)}`),
        (http) => http.send('DELETE', location),
      );
      expect([`${closed} ${cancelled}`]).toEqual([expect.stringMatching(/^(201 404|404 204)$/)]);
      expect((await read(round, round.name, digestOf(bytes))) !== undefined).toBe(closed === 201);
      expect((await round.http.send('GET', location)).status).toBe(404);
    }, 3));
});
