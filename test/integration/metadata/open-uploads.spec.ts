import { randomUUID } from 'node:crypto';
import type { Scope } from '@lading/proto';
import { freshDigest } from './support/content.js';
import { Registry } from './support/registry.js';

const MOST = 3;
const tooMany = { kind: 'tooManyRequests', status: 429, retryAfterSeconds: 60 };

let registry: Registry;
let projects = 0;
beforeAll(async () => {
  registry = await Registry.open({ openUploads: MOST });
});
afterAll(() => registry.close());

const freshProject = () => `acme/open${++projects}`;

const begin = async (scope: Scope, uploadId = randomUUID()) => {
  await registry.uploads.beginUpload({ scope, uploadId, objectId: randomUUID(), algorithm: 'sha256' });
  return uploadId;
};

/** Two repositories of one project, which has as many sessions open as it may. */
async function fullProject() {
  const project = freshProject();
  const [a, b] = [await registry.scope(`${project}/a`), await registry.scope(`${project}/b`)];
  const sessions = [await begin(a), await begin(b), await begin(a)];
  return { a, b, sessions };
}

it('limit open-uploads: a project has as many uploads open as it may and no more, in all its repositories', async () => {
  const { a, b, sessions } = await fullProject();
  for (const scope of [a, b]) await expect(begin(scope)).rejects.toMatchObject(tooMany);
  expect(await begin(a, sessions[0])).toBe(sessions[0]);
  await begin(await registry.scope(`${freshProject()}/a`));
  const objects = await registry.rows<{ count: number }>(
    `SELECT count(*)::int FROM registry.blob_object o JOIN registry.upload_session s ON s.object_id = o.id
     WHERE s.id = ANY($1)`,
    [sessions],
  );
  expect(objects).toEqual([{ count: MOST }]);
});

it('an upload that was cancelled, finished or expired makes room for another', async () => {
  const { a, b, sessions } = await fullProject();
  const [cancelled, finished, expired] = sessions as [string, string, string];
  await registry.uploads.abortUpload({ scope: a, uploadId: cancelled, operationId: randomUUID() });
  await begin(a);
  await registry.uploads.finishUpload({ scope: b, uploadId: finished, epoch: 0, digest: freshDigest(), size: 10 });
  await begin(b);
  await registry.rows(`UPDATE registry.upload_session SET expires_at = now() - interval '1 s' WHERE id = $1`, [
    expired,
  ]);
  await expect(begin(a)).rejects.toMatchObject(tooMany);
  await registry.collection.expireUploads({ limit: 100 });
  await begin(a);
  await expect(begin(b)).rejects.toMatchObject(tooMany);
});

it('what was begun leaves no object behind when it is refused', async () => {
  const { a } = await fullProject();
  const objectId = randomUUID();
  const refused = registry.uploads.beginUpload({ scope: a, uploadId: randomUUID(), objectId, algorithm: 'sha256' });
  await expect(refused).rejects.toMatchObject(tooMany);
  expect(await registry.rows('SELECT 1 FROM registry.blob_object WHERE id = $1', [objectId])).toEqual([]);
});
