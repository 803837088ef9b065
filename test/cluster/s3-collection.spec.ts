import { digestOf, pushImage, putBlob } from '../protocol/support/content.js';
import { eventually } from '../protocol/support/eventually.js';
import { seededBytes } from '../support/seeded-bytes.js';
import { BUCKET, useS3Registry } from './support/use-s3-registry.js';

const { http, s3 } = useS3Registry({
  LADING_GC_INTERVAL: '50ms',
  LADING_GC_DELAY: '1s',
  LADING_GC_LEASE: '1s',
  LADING_GC_HOLD: '500ms',
  LADING_RESTORE_WINDOW: '1s',
});

it('deletes from the bucket what nothing needs any more, and nothing else', async () => {
  const gone = await pushImage(http, 'collected/app', 'gone', 'one');
  await pushImage(http, 'collected/app', 'stays', 'two');
  await putBlob(http, 'collected/app', seededBytes(6 * 1024 * 1024, 'used by nobody'));
  expect((await http.send('DELETE', `/v2/collected/app/manifests/${gone}`)).status).toBe(202);
  await eventually('two objects', () => (s3().keys(BUCKET).length === 2 ? true : undefined), 30);
  expect(s3().unfinished(BUCKET)).toEqual([]);
  expect((await http.send('GET', '/v2/collected/app/manifests/stays')).status).toBe(200);
  const kept = await http.send('GET', `/v2/collected/app/blobs/${digestOf('two')}`);
  expect(String(kept.body)).toBe('two');
});
