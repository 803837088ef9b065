import { join } from 'node:path';
import { digestOf, pushImage, putBlob } from '../protocol/support/content.js';
import { Http } from '../protocol/support/http.js';
import { lading } from '../support/lading-cli.js';
import { removeScratch, scratch } from '../support/scratch.js';
import { seededBytes } from '../support/seeded-bytes.js';
import { startStandalone } from '../support/standalone.js';
import { Versitygw } from '../support/versitygw.js';

// docs/backup.md with blobs in S3: pause, database, bucket, resume.

const BLOB = seededBytes(6 * 1024 * 1024, 'backup');
const dir = scratch();
let s3: Versitygw;
beforeAll(async () => {
  s3 = await Versitygw.start();
  s3.makeBucket('lading');
});
afterAll(async () => {
  await s3?.stop();
  removeScratch(dir);
});

it('a copy of the database and then of the bucket serves what was there, with the original gone', async () => {
  const registry = await startStandalone(s3.settings('lading'));
  const http = Http.asAdmin(registry);
  const settings = {
    ...{ ...s3.settings('lading'), LADING_DATA_DIR: registry.dataDir },
    ...{ LADING_PUBLIC_URL: registry.url, LADING_ADMIN_PASSWORD: registry.password },
  };
  const run = async (...words: string[]) => {
    const { code, stdout, stderr } = await lading(words, settings);
    expect([code, stderr]).toEqual([0, '']);
    return stdout;
  };
  await pushImage(http, 'backup/app', 'v1', 'kept');
  await putBlob(http, 'backup/app', BLOB);
  await run('gc', 'pause', '--reason', 'backup');
  const said = await run('backup', join(dir, 'copy'));
  expect(said).toContain('has the database. The blobs are in the bucket lading, and are copied there.');
  s3.copyBucket('lading', 'copy');
  await run('gc', 'resume');
  http.close();
  await registry.stop();

  const restored = await startStandalone({ ...s3.settings('copy'), LADING_DATA_DIR: join(dir, 'copy') });
  const reader = Http.asAdmin({ ...restored, url: restored.url, password: registry.password });
  expect((await reader.send('GET', '/v2/backup/app/manifests/v1')).status).toBe(200);
  const served = await reader.send('GET', `/v2/backup/app/blobs/${digestOf(BLOB)}`);
  expect(digestOf(served.body)).toBe(digestOf(BLOB));
  reader.close();
  await restored.stop();
});
