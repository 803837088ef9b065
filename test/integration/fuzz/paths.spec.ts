import { NameInvalid, parseRepositoryName } from '@lading/oci';
import { parseV2Path, type V2Path } from '../../../services/distribution/src/http/v2-path.js';
import { accepted, fuzz } from './fuzz.js';

// The routes, written again in another way than the parser: the first that a decoded path fits.
const ROUTES: [V2Path['route'], RegExp][] = [
  ['base', /^\/v2\/?$/],
  ['catalog', /^\/v2\/_catalog$/],
  ['tags', /^\/v2\/(.+)\/tags\/list$/s],
  ['manifest', /^\/v2\/(.+)\/manifests\/([^/]+)$/s],
  ['uploads', /^\/v2\/(.+)\/blobs\/uploads\/?$/s],
  ['upload', /^\/v2\/(.+)\/blobs\/uploads\/([^/]+)$/s],
  ['blob', /^\/v2\/(.+)\/blobs\/([^/]+)$/s],
  ['referrers', /^\/v2\/(.+)\/referrers\/([^/]+)$/s],
];

/** Decoded once, but for its slashes; undefined for what cannot be decoded. */
function decoded(text: string): string | undefined {
  const parts = text.split(/%2f/i).map((part) => accepted(URIError, () => decodeURIComponent(part)));
  return parts.includes(undefined) ? undefined : parts.join('%2F');
}

function meaningOf(text: string): { route: string; parts: string[] } {
  const path = decoded(text);
  for (const [route, form] of path === undefined ? [] : ROUTES) {
    const match = form.exec(path!);
    if (match) return { route, parts: match.slice(1) };
  }
  return { route: 'unknown', parts: [] };
}

it('HTTP-01, HTTP-04: a path has one meaning, or none, and a name that is taken neither begins nor ends with a slash', () => {
  const words = ['/v2', '/', 'blobs', 'manifests', 'uploads', 'tags', 'list', 'referrers', '_catalog', '%2f', '%', 'a'];
  const check = (text: string) => {
    const { route, ...rest } = parseV2Path(text);
    const parts = Object.values(rest);
    expect({ text, route, parts }).toEqual({ text, ...meaningOf(text) });
    const name = accepted(NameInvalid, () => parseRepositoryName('name' in rest ? rest.name : ''));
    if (name !== undefined) expect(name).not.toMatch(/^\/|\/$|\/\/|%|\.\./);
  };
  // As it is, and where a name would stand in front of each route's end: free text seldom has one.
  fuzz('paths', words, check);
  fuzz('paths', words, (text) => {
    for (const end of [
      '/tags/list',
      '/manifests/v1',
      '/blobs/uploads/',
      '/blobs/uploads/x',
      '/blobs/x',
      '/referrers/x',
    ])
      check(`/v2/${text}${end}`);
  });
});
