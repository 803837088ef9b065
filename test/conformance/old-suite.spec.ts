import { type Registry, startRegistry } from '../support/registry.js';
import { runOldSuite } from './old-suite.js';
import { type SuiteTest, totals } from './suite-test.js';

/** What the suite leaves out, each because it did the opposite: it pushes, and a mount is answered with 201. */
const LEFT_OUT = [
  'Pull Setup Get tag name from environment',
  'Push Cross-Repository Blob Mount Cross-mounting of nonexistent blob should yield session id',
  'Push Cross-Repository Blob Mount Cross-mounting without from, and automatic content discovery disabled should return a 202',
  'Content Discovery Setup Populate registry with test tags (no push)',
];

/** What only this suite proves, and its test. */
const CLAUSES: [string, string][] = [
  ['CT-30: answers 416 to a chunk sent again', 'Push Blob Upload Chunked Retry previous blob chunk should return 416'],
  [
    'CT-30: tells the range at an upload location of before',
    'Push Blob Upload Chunked Get on stale blob upload should return 204 with a range and location',
  ],
  ['CT-31: tells the range after a chunk', 'Push Blob Upload Chunked PATCH request with first chunk should return 202'],
  [
    'CT-31: tells where a mounted blob is',
    'Push Cross-Repository Blob Mount GET request to test digest within cross-mount namespace should return 200',
  ],
  [
    'CT-10: mounts a blob without being told where it is',
    'Push Cross-Repository Blob Mount Cross-mounting without from, and automatic content discovery enabled should return a 201',
  ],
  [
    'CT-32: has the blob after a POST answered with 201',
    'Push Blob Upload Monolithic GET request to blob URL from prior request should yield 200 or 404 based on response code',
  ],
  [
    'CT-33: answers a malformed digest with the JSON of an error',
    'Pull Error codes 400 response body should contain OCI-conforming JSON message',
  ],
  [
    'CT-34: deletes a tag',
    'Content Management Manifest delete DELETE request to manifest tag should return 202, unless tag deletion is disallowed (400/405)',
  ],
  [
    'CT-35: lists referrers with the annotations of their manifests, and those of one type',
    'Content Discovery Test content discovery endpoints (listing references) GET request to existing blob with filter should yield 200',
  ],
  [
    'CT-36: lists as many tags as `n` says',
    'Content Discovery Test content discovery endpoints (listing tags) GET number of tags should be limitable by `n` query parameter',
  ],
  [
    'CT-36: lists the tags after `last`',
    'Content Discovery Test content discovery endpoints (listing tags) GET start of tag is set by `last` query parameter',
  ],
];

describe.each(['bearer', 'basic'])('the older suite, of 1.1.0-rc3, with a %s challenge', (challenge) => {
  let registry: Registry;
  let tests: SuiteTest[];

  beforeAll(async () => {
    registry = await startRegistry({ LADING_CHALLENGE: challenge });
    tests = await runOldSuite(registry, `1.1.0-rc3-${challenge}`);
    process.stdout.write(`conformance 1.1.0-rc3 ${challenge}: ${totals(tests)}\n`);
  }, 200_000);

  afterAll(() => registry?.stop());

  it('passes, and leaves out nothing but what has an opposite that it ran', () => {
    const others = tests.filter(({ status }) => status !== 'Pass');
    expect(others).toEqual(LEFT_OUT.map((name) => ({ name, status: 'Skip', message: expect.any(String) })));
  });

  it('ran all of its 79 tests', () => {
    expect(tests).toHaveLength(79);
  });

  it.each(CLAUSES)('%s', (_, name) => {
    expect(tests.filter((test) => test.name === name).map(({ status }) => status)).toEqual(['Pass']);
  });
});
