/** What a path below `/v2/` means. Names, references and digests are still to be checked. */
export type V2Path =
  | { route: 'base' }
  | { route: 'catalog' }
  | { route: 'tags'; name: string }
  | { route: 'manifest'; name: string; reference: string }
  | { route: 'blob'; name: string; digest: string }
  | { route: 'uploads'; name: string }
  | { route: 'upload'; name: string; id: string }
  | { route: 'referrers'; name: string; digest: string }
  | { route: 'unknown' };

const ROOT = '/v2/';
const BASE: V2Path = { route: 'base' };
const CATALOG: V2Path = { route: 'catalog' };
const UNKNOWN: V2Path = { route: 'unknown' };

/**
 * Reads a path from its right end, because a name has slashes and may itself have the components `manifests`,
 * `tags` and so on: the last separator that matches wins. It is decoded once, before that; an encoded slash stays
 * encoded and so never separates, and is in no valid name.
 * @param rawPath the request's path as it came, without query
 */
export function parseV2Path(rawPath: string): V2Path {
  const path = rawPath.includes('%') ? decodePath(rawPath) : rawPath;
  if (path === undefined) return UNKNOWN;
  if (!path.startsWith(ROOT)) return path === '/v2' ? BASE : UNKNOWN;
  if (path.length === ROOT.length) return BASE;
  const lastSlash = path.lastIndexOf('/');
  const last = path.slice(lastSlash + 1);
  if (lastSlash < ROOT.length) return last === '_catalog' ? CATALOG : UNKNOWN;
  const slash = path.lastIndexOf('/', lastSlash - 1);
  const separator = path.slice(slash + 1, lastSlash);
  return last === '' ? parseSlashed(path, slash, separator) : parseRoute(path, slash, separator, last);
}

/** The one route that may end with a slash. */
function parseSlashed(path: string, slash: number, separator: string): V2Path {
  if (separator !== 'uploads') return UNKNOWN;
  const name = nameBeforeBlobs(path, slash);
  return name === '' ? UNKNOWN : { route: 'uploads', name };
}

function parseRoute(path: string, slash: number, separator: string, last: string): V2Path {
  const name = separator === 'uploads' ? nameBeforeBlobs(path, slash) : path.slice(ROOT.length, slash);
  if (name === '') return UNKNOWN;
  switch (separator) {
    case 'manifests':
      return { route: 'manifest', name, reference: last };
    case 'blobs':
      return last === 'uploads' ? { route: 'uploads', name } : { route: 'blob', name, digest: last };
    case 'uploads':
      return { route: 'upload', name, id: last };
    case 'tags':
      return last === 'list' ? { route: 'tags', name } : UNKNOWN;
    case 'referrers':
      return { route: 'referrers', name, digest: last };
    default:
      return UNKNOWN;
  }
}

/** The name in front of `/blobs` that ends at `end`; empty if there is none. */
function nameBeforeBlobs(path: string, end: number): string {
  const start = end - '/blobs'.length;
  return path.startsWith('/blobs', start) ? path.slice(ROOT.length, Math.max(ROOT.length, start)) : '';
}

function decodePath(rawPath: string): string | undefined {
  try {
    return decodeURIComponent(rawPath.replace(/%2f/gi, '%252F'));
  } catch {
    return undefined;
  }
}
