import { randomUUID } from 'node:crypto';
import { revokeCredential } from '@lading/metadata';
import { freshDigest, freshName, upload } from './support/content.js';
import { Registry } from './support/registry.js';
import { openUpload } from './support/scenes.js';

let registry: Registry;
beforeAll(async () => {
  registry = await Registry.open();
});
afterAll(() => registry.close());

const unknown = { kind: 'blobUploadUnknown' };
const open = (name?: string, digest?: string) => openUpload(registry, name, digest);
const finish = (session: Awaited<ReturnType<typeof openUpload>>, epoch = 0) =>
  registry.uploads.finishUpload({ ...session, epoch, size: 10 });

async function sessionRow(id: string) {
  const [row] = await registry.rows<{ state: string; epoch: number; left_ms: number; object_state: string }>(
    `SELECT s.state, s.epoch, extract(epoch FROM s.expires_at - clock_timestamp())::float8 * 1000 AS left_ms,
            o.state AS object_state
     FROM registry.upload_session s JOIN registry.blob_object o ON o.id = s.object_id WHERE s.id = $1`,
    [id],
  );
  return row!;
}

const expireIn = (id: string, seconds: number) =>
  registry.rows(
    `UPDATE registry.upload_session SET expires_at = clock_timestamp() + $2 * interval '1 second' WHERE id = $1`,
    [id, seconds],
  );

describe('beginning an upload', () => {
  it('writes session and object before the first byte, and changes nothing when sent again', async () => {
    const scope = await registry.scope(freshName());
    const request = { scope, uploadId: randomUUID(), objectId: randomUUID(), algorithm: 'sha512' };
    const first = await registry.uploads.beginUpload(request);
    expect(first.upload).toMatchObject({ offset: 0, epoch: 0, algorithm: 'sha512', objectId: request.objectId });
    expect(await registry.uploads.beginUpload(request)).toEqual(first);
    expect(await sessionRow(request.uploadId)).toMatchObject({ state: 'open', object_state: 'uploading' });
  });

  it('says that a session which was cancelled cannot be opened again', async () => {
    const { scope, uploadId, objectId } = await open();
    await registry.uploads.abortUpload({ scope, uploadId, operationId: randomUUID() });
    const again = registry.uploads.beginUpload({ scope, uploadId, objectId, algorithm: 'sha256' });
    await expect(again).rejects.toMatchObject(unknown);
  });

  it('makes project and repository once for five layers that start together', async () => {
    const scope = await registry.scope('five/layers/app');
    const begin = () =>
      registry.uploads.beginUpload({ scope, uploadId: randomUUID(), objectId: randomUUID(), algorithm: 'sha256' });
    await Promise.all([1, 2, 3, 4, 5].map(begin));
    const made = await registry.rows(`SELECT 1 FROM registry.repository WHERE full_path = 'five/layers/app'`);
    expect(made).toHaveLength(1);
    const told = await registry.rows(`SELECT 1 FROM registry.outbox WHERE subject = 'five/layers'`);
    expect(told).toHaveLength(1);
  });
});

describe('claiming an upload', () => {
  it('raises the epoch for each new request, and gives a repeated one its own again', async () => {
    const { scope, uploadId } = await open();
    const claim = (claimId: string) => registry.uploads.claimUpload({ scope, uploadId, claimId });
    const [one, two] = [randomUUID(), randomUUID()];
    expect((await claim(one)).upload?.epoch).toBe(1);
    expect((await claim(one)).upload?.epoch).toBe(1);
    expect((await claim(two)).upload?.epoch).toBe(2);
  });

  it('refuses an offset where the session does not stand, tells where it stands, and changes nothing', async () => {
    const { scope, uploadId } = await open();
    await registry.uploads.recordProgress({ uploadId, epoch: 0, offset: 7 });
    const claim = (expectedOffset: number) =>
      registry.uploads.claimUpload({ scope, uploadId, claimId: randomUUID(), expectedOffset });
    await expect(claim(5)).rejects.toMatchObject({ kind: 'rangeNotSatisfiable', data: { offset: 7 } });
    expect((await sessionRow(uploadId)).epoch).toBe(0);
    expect((await claim(7)).upload).toMatchObject({ epoch: 1, offset: 7 });
  });

  it('moves the expiry forward at once (T20)', async () => {
    const { scope, uploadId } = await open();
    await expireIn(uploadId, 1);
    await registry.uploads.claimUpload({ scope, uploadId, claimId: randomUUID() });
    expect((await sessionRow(uploadId)).left_ms).toBeGreaterThan(3_000_000);
  });

  it('knows no session of another repository', async () => {
    const { uploadId } = await open();
    const other = (await open()).scope;
    await expect(registry.uploads.claimUpload({ scope: other, uploadId, claimId: randomUUID() })).rejects.toMatchObject(
      unknown,
    );
    await expect(registry.uploads.getUpload({ scope: other, uploadId })).rejects.toMatchObject(unknown);
  });
});

describe('progress', () => {
  it('is noted for the newest writer only', async () => {
    const { scope, uploadId } = await open();
    await registry.uploads.claimUpload({ scope, uploadId, claimId: randomUUID() });
    expect(await registry.uploads.recordProgress({ uploadId, epoch: 0, offset: 5 })).toEqual({ held: false });
    expect(await registry.uploads.recordProgress({ uploadId, epoch: 1, offset: 9 })).toEqual({ held: true });
    expect((await registry.uploads.getUpload({ scope, uploadId })).upload?.offset).toBe(9);
  });

  it('keeps a session alive that was about to expire (T20)', async () => {
    const { uploadId } = await open();
    await expireIn(uploadId, 1);
    await registry.uploads.recordProgress({ uploadId, epoch: 0, offset: 1 });
    await registry.collection.expireUploads({ limit: 500 });
    const row = await sessionRow(uploadId);
    expect(row.state).toBe('open');
    expect(row.left_ms).toBeGreaterThan(3_000_000);
  });
});

describe('finishing an upload', () => {
  it('serves the blob in its repository only, and answers the same when sent again', async () => {
    const session = await open();
    const other = (await open()).scope;
    const { scope, digest } = session;
    expect(await finish(session)).toEqual({ objectId: session.objectId });
    expect(await finish(session)).toEqual({ objectId: session.objectId });
    const { blob } = await registry.blobs.findBlob({ scope, digest });
    expect(blob).toMatchObject({ objectId: session.objectId, size: 10 });
    expect(await registry.blobs.findBlob({ scope: other, digest })).toEqual({});
    const events = await registry.rows('SELECT 1 FROM registry.outbox WHERE subject = $1', [`${scope.name}@${digest}`]);
    expect(events).toHaveLength(1);
  });

  it('refuses an older epoch and leaves the session open', async () => {
    const session = await open();
    await registry.uploads.claimUpload({ ...session, claimId: randomUUID() });
    await expect(finish(session, 0)).rejects.toMatchObject(unknown);
    expect(await sessionRow(session.uploadId)).toMatchObject({ state: 'open', object_state: 'uploading' });
    await finish(session, 1);
  });

  it('refuses another digest once it is done', async () => {
    const session = await open();
    await finish(session);
    await expect(finish({ ...session, digest: freshDigest() })).rejects.toMatchObject(unknown);
  });

  it.each([
    ['in one repository', true],
    ['in two repositories', false],
  ])('serves the same bytes finished twice at once %s from one object and purges the other', async (_, same) => {
    for (let round = 0; round < 5; round += 1) {
      const one = await open();
      const two = await open(same ? one.scope.name : undefined, one.digest);
      const answers = await Promise.all([finish(one), finish(two)]);
      expect(answers[0]).toEqual(answers[1]);
      for (const { scope, digest } of [one, two]) {
        expect((await registry.blobs.findBlob({ scope, digest })).blob?.objectId).toBe(answers[0]?.objectId);
      }
      const states = [await sessionRow(one.uploadId), await sessionRow(two.uploadId)].map((row) => row.object_state);
      expect(states.sort()).toEqual(['live', 'purging']);
    }
  });

  it('revives a condemned object of the same bytes', async () => {
    const { digest, objectId } = await upload(registry, await registry.scope(freshName()));
    await registry.rows(
      `UPDATE registry.blob_object SET state = 'condemned', purge_after = clock_timestamp() WHERE id = $1`,
      [objectId],
    );
    expect(await finish(await open(undefined, digest))).toEqual({ objectId });
    const [row] = await registry.rows<{ state: string }>(
      'SELECT state, purge_after FROM registry.blob_object WHERE id = $1',
      [objectId],
    );
    expect(row).toEqual({ state: 'live', purge_after: null });
  });

  it('takes a new object where the old one is past the point of no return', async () => {
    const scope = await registry.scope(freshName());
    const { digest, objectId } = await upload(registry, scope);
    await registry.rows(`UPDATE registry.blob_object SET state = 'purging' WHERE id = $1`, [objectId]);
    const session = await open(undefined, digest);
    expect(await finish(session)).toEqual({ objectId: session.objectId });
    expect(await registry.blobs.findBlob({ scope: await registry.scope(scope.name), digest })).toEqual({});
  });

  it.each(['account:9', 'token:9'])('is refused once %s is revoked (T19), also when asked again', async (revoked) => {
    const scope = await registry.scope(freshName(), { principal: 'account:9', credential: 'token:9' });
    const uploadId = randomUUID();
    await registry.uploads.beginUpload({ scope, uploadId, objectId: randomUUID(), algorithm: 'sha256' });
    const fresh = { ...scope, principal: 'account:2', credential: 'token:2' };
    await revokeCredential(registry.pools, revoked);
    const request = { uploadId, epoch: 0, digest: freshDigest(), size: 10 };
    for (const by of [scope, fresh, fresh]) {
      await expect(registry.uploads.finishUpload({ ...request, scope: by })).rejects.toMatchObject({
        kind: 'unauthorized',
        data: { error: 'invalid_token' },
      });
    }
    await registry.rows('DELETE FROM registry.revoked_credential');
    await registry.uploads.finishUpload({ ...request, scope: fresh });
  });
});

describe('a revocation while the closing PUT waits', () => {
  it('is seen once the session is locked (T19)', async () => {
    const session = await open();
    const other = await registry.pools.write.connect();
    try {
      await other.query('BEGIN');
      await other.query('SELECT 1 FROM registry.upload_session WHERE id = $1 FOR UPDATE', [session.uploadId]);
      const finishing = finish(session).catch((error: unknown) => error);
      await waitForALockWaiter();
      await revokeCredential(registry.pools, session.scope.principal);
      await other.query('COMMIT');
      expect(await finishing).toMatchObject({ kind: 'unauthorized' });
    } finally {
      other.release();
      await registry.rows('DELETE FROM registry.revoked_credential');
    }
  });

  async function waitForALockWaiter(): Promise<void> {
    const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    while ((await registry.rows(waiting)).length === 0) await new Promise((resolve) => setImmediate(resolve));
  }
});

describe('ending an upload without a blob', () => {
  it('aborts, says so again to the same request, and knows nothing for another', async () => {
    const { scope, uploadId, objectId, digest } = await open();
    const operationId = randomUUID();
    await registry.uploads.abortUpload({ scope, uploadId, operationId });
    await registry.uploads.abortUpload({ scope, uploadId, operationId });
    await expect(registry.uploads.abortUpload({ scope, uploadId, operationId: randomUUID() })).rejects.toMatchObject(
      unknown,
    );
    await expect(registry.uploads.getUpload({ scope, uploadId })).rejects.toMatchObject(unknown);
    await expect(finish({ scope, uploadId: uploadId as never, objectId, digest })).rejects.toMatchObject(unknown);
    expect(await registry.uploads.recordProgress({ uploadId, epoch: 0, offset: 1 })).toEqual({ held: false });
    expect((await sessionRow(uploadId)).object_state).toBe('purging');
  });

  it('cannot abort what is done', async () => {
    const session = await open();
    await finish(session);
    await expect(registry.uploads.abortUpload({ ...session, operationId: randomUUID() })).rejects.toMatchObject(
      unknown,
    );
    expect((await sessionRow(session.uploadId)).object_state).toBe('live');
  });

  it('limit upload-life: expires silent sessions only, and a writer that is still at work finds out', async () => {
    const [silent, alive] = [await open(), await open()];
    await expireIn(silent.uploadId, -1);
    expect(await registry.collection.expireUploads({ limit: 500 })).toEqual({ expired: 1 });
    expect(await registry.collection.expireUploads({ limit: 500 })).toEqual({ expired: 0 });
    expect(await sessionRow(silent.uploadId)).toMatchObject({ state: 'aborted', epoch: 1, object_state: 'purging' });
    expect(await registry.uploads.recordProgress({ uploadId: silent.uploadId, epoch: 0, offset: 1 })).toEqual({
      held: false,
    });
    await expect(finish(silent)).rejects.toMatchObject(unknown);
    await finish(alive);
  });

  it('takes at most as many sessions as asked', async () => {
    const sessions = [await open(), await open(), await open()];
    for (const { uploadId } of sessions) await expireIn(uploadId, -1);
    expect(await registry.collection.expireUploads({ limit: 2 })).toEqual({ expired: 2 });
    expect(await registry.collection.expireUploads({ limit: 2 })).toEqual({ expired: 1 });
  });
});

describe('purging', () => {
  const abort = async () => {
    const { scope, uploadId, objectId } = await open();
    await registry.uploads.abortUpload({ scope, uploadId, operationId: randomUUID() });
    return objectId;
  };
  const due = async () => (await registry.collection.listPurgeable({ limit: 500 })).objectIds;
  const live = async () => (await upload(registry, await registry.scope(freshName()))).objectId;

  beforeEach(async () => void (await registry.collection.markPurged({ objectIds: await due() })));

  it('lists what is past the point of no return until it is said to be gone, the longest waiting first', async () => {
    const [first, second] = [await abort(), await abort()];
    await live();
    expect(await due()).toEqual([first, second]);
    expect(await registry.collection.markPurged({ objectIds: [first, second] })).toMatchObject({ purged: 2 });
    expect(await registry.collection.markPurged({ objectIds: [first, second] })).toMatchObject({ purged: 0 });
    expect(await due()).toEqual([]);
  });

  it('never marks what is served', async () => {
    const objectId = await live();
    expect(await registry.collection.markPurged({ objectIds: [objectId] })).toMatchObject({ purged: 0 });
    expect(await registry.rows('SELECT state FROM registry.blob_object WHERE id = $1', [objectId])).toEqual([
      { state: 'live' },
    ]);
  });

  it('brings a failed delete up again later, and later each time', async () => {
    const objectId = await abort();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await registry.rows('UPDATE registry.blob_object SET purge_after = created_at WHERE id = $1', [objectId]);
      await registry.collection.postponePurge({ objectId });
      const [row] = await registry.rows<{ s: number }>(
        'SELECT extract(epoch FROM purge_after - clock_timestamp())::float8 AS s FROM registry.blob_object WHERE id = $1',
        [objectId],
      );
      waits.push(Math.round(row!.s));
    }
    expect(waits).toEqual([5, 10, 20]);
    expect(await due()).toEqual([]);
  });
});

describe('forgetting', () => {
  it('limit finished-upload: removes what ended over 15 minutes ago and keeps the rest', async () => {
    await registry.rows(`DELETE FROM registry.finished_operation`);
    const [old, recent, still] = [await open(), await open(), await open()];
    for (const session of [old, recent]) await finish(session);
    const endedAgo = `UPDATE registry.upload_session SET ended_at = ended_at - $2::interval WHERE id = $1`;
    await registry.rows(endedAgo, [old.uploadId, '16 minutes']);
    await registry.rows(endedAgo, [recent.uploadId, '14 minutes']);
    await registry.rows(
      `INSERT INTO registry.finished_operation
      VALUES ($1, clock_timestamp() - interval '16 minutes'), ($2, clock_timestamp())`,
      [randomUUID(), randomUUID()],
    );
    expect(await registry.collection.forgetFinished({ limit: 500 })).toEqual({ forgotten: 2 });
    await expect(finish(old)).rejects.toMatchObject(unknown);
    await finish(recent);
    expect((await sessionRow(still.uploadId)).state).toBe('open');
  });
});
