import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Secret } from '@lading/platform';

/** Characters, as for the setting. */
const SHORTEST = 32;

/**
 * What the signing keys are sealed with: the setting, else a file in the data directory, made at the first start with
 * mode 0600. The caller holds the lock of the data directory, so nobody else makes it at the same time.
 */
export function keySecretOf(dataDir: string, configured: Secret | undefined): Secret {
  if (configured) return configured;
  const path = join(dataDir, 'key-secret');
  try {
    return readSecret(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  writePrivately(path, randomBytes(32).toString('base64url'));
  return keySecretOf(dataDir, undefined);
}

/** @throws KeySecretBroken for a file that was cut short: sealing with it would be sealing with nothing. */
function readSecret(path: string): Secret {
  const text = readFileSync(path, 'utf8').trim();
  if (text.length < SHORTEST) throw new KeySecretBroken(path);
  return new Secret(text);
}

/** The file of the key secret holds none. */
export class KeySecretBroken extends Error {
  override readonly name = 'KeySecretBroken';

  constructor(path: string) {
    super(`${path} is empty or cut short; restore it from a backup, or set LADING_KEY_SECRET`);
  }
}

/** Writes a file that only its owner can read: whole or not at all, and durable before it returns. */
export function writePrivately(path: string, text: string): void {
  const written = `${path}.new`;
  const fd = openSync(written, 'w', 0o600);
  try {
    writeSync(fd, `${text}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(written, path);
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
