import { type Used, useRegistry } from '../../protocol/support/use-registry.js';
import { Versitygw } from '../../support/versitygw.js';

export const BUCKET = 'lading';

export interface UsedS3 extends Used {
  /** Of use from the first `beforeAll` after `useS3Registry` on. */
  readonly s3: () => Versitygw;
}

/**
 * As `useRegistry`, with the blobs in a bucket of an S3 server of its own.
 *
 * @param env more settings for the registry
 */
export function useS3Registry(env: Record<string, string> = {}): UsedS3 {
  let server: Versitygw | undefined;
  const settings: Record<string, string> = {};
  beforeAll(async () => {
    server = await Versitygw.start();
    server.makeBucket(BUCKET);
    Object.assign(settings, server.settings(BUCKET), env);
  });
  const used = useRegistry(settings);
  afterAll(() => server?.stop());
  const s3 = () => {
    if (server === undefined) throw new Error('the S3 server is started by a beforeAll, and asked before that');
    return server;
  };
  return { ...used, s3 };
}
