import { startStandalone } from '../support/standalone.js';
import { Versitygw } from '../support/versitygw.js';

// What a start refuses, and in which words.

let s3: Versitygw;
beforeAll(async () => {
  s3 = await Versitygw.start();
  s3.makeBucket('lading');
});
afterAll(() => s3?.stop());

const onS3 = (more: Record<string, string> = {}) => ({ ...s3.settings('lading'), ...more });

it.each<[string, () => Record<string, string>, RegExp]>([
  [
    'a bucket that is not there',
    () => s3.settings('missing'),
    /Lading cannot start: there is no bucket "missing" \(LADING_S3_BUCKET\): make it/,
  ],
  [
    'half a configuration',
    () => onS3({ LADING_S3_BUCKET: '', LADING_S3_SECRET_KEY: '' }),
    /LADING_S3_BUCKET and LADING_S3_SECRET_KEY must be set with LADING_S3_ENDPOINT/,
  ],
  [
    'a bucket without a service',
    () => onS3({ LADING_S3_ENDPOINT: '' }),
    /LADING_S3_BUCKET is set but LADING_S3_ENDPOINT is not/,
  ],
  [
    'the wrong key',
    () => onS3({ LADING_S3_SECRET_KEY: 'wrong-key' }),
    /Lading cannot start: the bucket "lading" cannot be used: S3 answered 403/,
  ],
  [
    'redirects to files',
    () => ({ LADING_BLOB_REDIRECT: 'on' }),
    /LADING_BLOB_REDIRECT needs blobs in S3 \(LADING_S3_ENDPOINT\): files have no address/,
  ],
  [
    'redirects that outlive the bytes',
    () => onS3({ LADING_BLOB_REDIRECT: 'on', LADING_GC_HOLD: '10m' }),
    /LADING_GC_HOLD must be at least LADING_BLOB_REDIRECT_TTL while redirects are on/,
  ],
  [
    'redirects for longer than S3 signs',
    () => onS3({ LADING_BLOB_REDIRECT: 'on', LADING_GC_HOLD: '30d', LADING_BLOB_REDIRECT_TTL: '8d' }),
    /LADING_BLOB_REDIRECT_TTL must be 1s to 7d/,
  ],
  [
    'redirects for no network',
    () => onS3({ LADING_BLOB_REDIRECT: 'yes' }),
    /LADING_BLOB_REDIRECT="yes" is not on, off, or a list of IP addresses or networks/,
  ],
])('refuses %s', async (_, settings, words) => {
  await expect(startStandalone(settings())).rejects.toThrow(words);
});

it('BLOB-13, D-14: a short hold is of no concern while redirects are off', async () => {
  const registry = await startStandalone(onS3({ LADING_GC_HOLD: '1s' }));
  await registry.stop();
});
