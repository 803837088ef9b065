import { chmodSync, mkdtempSync } from 'node:fs';

/**
 * A new folder with a short path, because a unix socket's path ends at 107 bytes. Readable for all: PostgreSQL does not
 * run as root and has to get in. Whoever asks for it removes it.
 */
export function scratch(): string {
  const dir = mkdtempSync('/tmp/lt-');
  chmodSync(dir, 0o755);
  return dir;
}
