import type { ConfigOf } from './load-config.js';
import { settings } from './settings.js';

const LONGEST_ADDRESS_MS = 7 * 24 * 60 * 60 * 1000;

type Blobs = ConfigOf<{ blobs: typeof settings.blobs }>['blobs'];

/** Half a configuration of S3 would put the blobs elsewhere than somebody meant. */
export function s3Rule({ blobs }: { readonly blobs: Omit<Blobs, `redirect${string}`> }): string | undefined {
  const needed = {
    LADING_S3_BUCKET: blobs.s3Bucket,
    LADING_S3_ACCESS_KEY: blobs.s3AccessKey,
    LADING_S3_SECRET_KEY: blobs.s3SecretKey,
  };
  if (blobs.s3Endpoint === undefined) {
    const given = Object.entries(needed).find(([, value]) => value !== undefined);
    return given && `${given[0]} is set but LADING_S3_ENDPOINT is not: blobs would be kept as files`;
  }
  const missing = Object.entries(needed).filter(([, value]) => value === undefined);
  if (missing.length === 0) return undefined;
  return `${missing.map(([name]) => name).join(' and ')} must be set with LADING_S3_ENDPOINT`;
}

/** An address that outlives the object would give 404 to a client that was sent there. */
export function redirectRule({
  blobs,
  gc,
}: {
  readonly blobs: Blobs;
  readonly gc: { readonly hold: number };
}): string | undefined {
  if (blobs.redirect.length === 0) return undefined;
  if (blobs.s3Endpoint === undefined)
    return 'LADING_BLOB_REDIRECT needs blobs in S3 (LADING_S3_ENDPOINT): files have no address for clients';
  if (blobs.redirectTtl < 1000 || blobs.redirectTtl > LONGEST_ADDRESS_MS)
    return 'LADING_BLOB_REDIRECT_TTL must be 1s to 7d: S3 signs no address for longer';
  if (gc.hold < blobs.redirectTtl)
    return 'LADING_GC_HOLD must be at least LADING_BLOB_REDIRECT_TTL while redirects are on: the bytes must outlive the addresses given for them';
  return undefined;
}

/** The S3 store that is configured, by the names that its adapter has; undefined for files. */
export function s3OptionsOf(
  blobs: Pick<Blobs, Extract<keyof Blobs, `s3${string}`>> & Partial<Pick<Blobs, 'redirectEndpoint'>>,
) {
  const { s3Endpoint, s3Region, s3Bucket, s3AccessKey, s3SecretKey, redirectEndpoint } = blobs;
  if (!s3Endpoint || !s3Bucket || !s3AccessKey || !s3SecretKey) return undefined;
  return {
    endpoint: s3Endpoint,
    region: s3Region,
    bucket: s3Bucket,
    accessKey: s3AccessKey,
    secretKey: s3SecretKey.reveal(),
    publicEndpoint: redirectEndpoint,
  };
}
