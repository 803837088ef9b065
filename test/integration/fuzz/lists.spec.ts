import { UriTooLong } from '@lading/oci';
import { nextLink, pageAfter, pageAfterId } from '../../../services/distribution/src/http/page.js';
import { parseQuery } from '../../../services/distribution/src/http/query.js';
import { accepted, fuzz } from './fuzz.js';

const PIECES = [
  'after',
  'last',
  'n',
  'artifactType',
  '=',
  '&',
  '0',
  '7',
  '9'.repeat(15),
  '-',
  '+',
  '%',
  '%00',
  '%2B',
  'a/b',
];

it('REF-01, REF-09, TAG-03: where a page begins is a position of ours, whatever is asked, and goes on unchanged', () => {
  fuzz('pages', PIECES, (text) => {
    const query = accepted(UriTooLong, () => parseQuery(text));
    if (query === undefined) return;
    const id = pageAfterId(query);
    const asked = query.get('after') ?? '';
    // Only digits, and so few that the number is exact: anything else is the start.
    expect(id).toBe(asked !== '' && asked.length <= 15 && !/[^0-9]/.test(asked) ? Number(asked) : 0);
    expect(Number.isSafeInteger(id)).toBe(true);

    const last = pageAfter(query);
    expect(last).not.toContain('\0');
    expect((query.get('last') ?? '').startsWith(last)).toBe(true);

    // What the Link says is what the next request means, with the filter, in one well-formed header.
    const artifactType = query.getAll('artifactType');
    const link = nextLink('/v2/a/b/referrers/x', { artifactType, after: String(id), last });
    expect(link).toMatch(/^<\/v2\/a\/b\/referrers\/x\?[\w.!~*'()%=&-]*>; rel="next"$/);
    const next = parseQuery(link.slice(link.indexOf('?'), link.indexOf('>')));
    expect([pageAfterId(next), pageAfter(next), next.getAll('artifactType')]).toEqual([id, last, artifactType]);
  });
});
