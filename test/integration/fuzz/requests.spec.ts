import { MAX_SCOPES } from '@lading/access-token';
import { UriTooLong } from '@lading/oci';
import { parseBasic } from '@lading/platform';
import { parseScopes } from '../../../services/auth/src/grant/scope.js';
import { readQuery } from '../../../services/auth/src/token/token.schema.js';
import { TokenRefused } from '../../../services/auth/src/token/token-refused.js';
import { parseContentRange } from '../../../services/distribution/src/http/content-range.js';
import { matchesDigest } from '../../../services/distribution/src/http/if-none-match.js';
import { parseQuery } from '../../../services/distribution/src/http/query.js';
import { parseRange } from '../../../services/distribution/src/http/range.js';
import { accepted, fuzz } from './fuzz.js';

it('BLOB-05 to BLOB-08: a range lies within the blob, is the whole of it, or cannot be satisfied', () => {
  fuzz('ranges', ['bytes', '=', '-', ',', '0', '1', '500', '2047', '2048', '9'.repeat(20), ' '], (text) => {
    for (const size of [0, 1, 2048]) {
      const range = parseRange(text, size);
      if (range.kind !== 'part') continue;
      expect(range.start >= 0 && range.start <= range.end && range.end < size).toBe(true);
    }
  });
});

it('UPL-12, UPL-13: the range of a chunk is one of safe positions in order, or none', () => {
  fuzz('content-ranges', ['bytes ', '-', '/', '*', '0', '5', '10', '9'.repeat(17)], (text) => {
    const range = parseContentRange(text);
    if (range === undefined) return;
    expect(Number.isSafeInteger(range.start) && Number.isSafeInteger(range.end)).toBe(true);
    expect(range.start <= range.end && range.start >= 0).toBe(true);
  });
});

it('HTTP-32: a query is read or too long, and If-None-Match never throws', () => {
  fuzz('queries', ['?', '&', '=', 'n', 'tag', 'digest', '%', '+', '%zz', '%41', 'last'], (text) => {
    accepted(UriTooLong, () => [...parseQuery(text)]);
    expect(typeof matchesDigest(text, 'sha256:a')).toBe('boolean');
  });
});

it('TOK-10: scopes that were asked for are a bounded list of types, names and actions', () => {
  fuzz(
    'scopes',
    ['repository', 'registry', ':', 'a/b', 'pull', ',', 'push', '*', '(plugin)', ' ', 'catalog'],
    (text) => {
      // With every action of the first again, and others: one resource more often does not get more.
      const scopes = parseScopes([text, text.replaceAll(':', ':x,'), text.replaceAll('pull', 'more')]);
      expect(scopes.length).toBeLessThanOrEqual(3 * text.split(/\s+/).length);
      for (const { type, name, actions } of scopes) {
        expect([type, name]).not.toContain('');
        expect(type.length + name.length).toBeLessThanOrEqual(512);
        expect(actions.length).toBeLessThanOrEqual(16);
        expect(new Set(actions).size).toBe(actions.length);
        for (const action of actions) expect(action).toMatch(/^[a-z*]{1,32}$/);
      }
      const query = accepted(TokenRefused, () => readQuery({ scope: text }));
      if (query === undefined) expect(text.trim().split(/\s+/).length).toBeGreaterThan(MAX_SCOPES);
      else expect(query.scope.length).toBeLessThanOrEqual(MAX_SCOPES);
    },
  );
});

it('TOK-07, TOK-08: a header of credentials is a pair, nobody or malformed, and garbage is never nobody', () => {
  fuzz('basic', ['Basic', ' ', 'Og==', 'YTpi', 'basic', '=', 'Bearer', ':'], (text) => {
    const { kind } = parseBasic(text);
    if (kind === 'anonymous') expect(Buffer.from(text.trim().split(/ +/)[1]!, 'base64').toString()).toBe(':');
  });
});
