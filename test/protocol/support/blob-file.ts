import { chmodSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Registry } from '../../support/registry.js';
import { putBlob } from './content.js';
import { Http } from './http.js';

/**
 * Pushes a blob that nothing has read yet. No other upload may run meanwhile.
 *
 * @returns its path in the API, and its file in the store, which the caller may write to
 */
export async function putBlobFile(
  registry: Pick<Registry, 'dataDir'>,
  http: Http,
  repository: string,
  bytes: Buffer,
): Promise<{ path: string; file: string }> {
  const before = new Set(filesOf(registry));
  const path = `/v2/${repository}/blobs/${await putBlob(http, repository, bytes)}`;
  const added = filesOf(registry).filter((one) => !before.has(one));
  expect(added).toHaveLength(1);
  const [file] = added as [string];
  chmodSync(file, 0o640); // The store takes the right to write from every file that is complete.
  return { path, file };
}

/** Files of the store, complete or not. The directory is made by the first upload. */
export function filesOf({ dataDir }: Pick<Registry, 'dataDir'>): string[] {
  const top = join(dataDir, 'blobs');
  if (!existsSync(top)) return [];
  const entries = readdirSync(top, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
