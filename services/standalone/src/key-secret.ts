import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Secret } from '@lading/platform';

/**
 * What the signing keys are sealed with: the setting, else a file in the data directory, made at the first start with
 * mode 0600. The caller holds the lock of the data directory, so nobody else makes it at the same time.
 */
export function keySecretOf(dataDir: string, configured: Secret | undefined): Secret {
  if (configured) return configured;
  const path = join(dataDir, 'key-secret');
  try {
    return new Secret(readFileSync(path, 'utf8').trim());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  writePrivately(path, randomBytes(32).toString('base64url'));
  return keySecretOf(dataDir, undefined);
}

/** Writes a new file that only its owner can read, durable before it returns. */
export function writePrivately(path: string, text: string): void {
  const fd = openSync(path, 'w', 0o600);
  try {
    writeSync(fd, `${text}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
