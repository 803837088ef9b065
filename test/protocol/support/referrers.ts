import type { Answer } from './answer.js';
import { digestOf, imageOf, OCI_INDEX, OCI_MANIFEST, putManifest } from './content.js';
import { type Descriptor, descriptorOf } from './descriptor.js';
import type { Http } from './http.js';

/** What a list of referrers says of one of them. */
export interface Listed extends Descriptor {
  artifactType?: string;
  annotations?: Record<string, string>;
}

/** One page, held to what is true of all: REF-01, REF-02, REF-22. @param query with its question mark */
export async function referrersPage(http: Http, repository: string, digest: string, query = '') {
  return pageOf(await http.send('GET', `/v2/${repository}/referrers/${digest}${query}`));
}

/** Every page, by its Link. @returns what each of them lists */
export async function allReferrers(http: Http, repository: string, digest: string, query = ''): Promise<Listed[][]> {
  const pages: Listed[][] = [];
  let next: string | undefined = `/v2/${repository}/referrers/${digest}${query}`;
  while (next) {
    const { manifests, link }: ReturnType<typeof pageOf> = pageOf(await http.send('GET', next));
    pages.push(manifests);
    next = link;
  }
  return pages;
}

function pageOf(answer: Answer) {
  expect([answer.status, answer.headers['content-type']]).toEqual([200, OCI_INDEX]);
  expect(answer.body.length).toBeLessThanOrEqual(4 * 1024 * 1024);
  const { manifests, ...rest } = JSON.parse(String(answer.body)) as { manifests: Listed[] };
  expect(rest).toEqual({ schemaVersion: 2, mediaType: OCI_INDEX });
  expect(Array.isArray(manifests)).toBe(true);
  const { link } = answer.headers;
  if (link) expect(link).toMatch(/^<\/v2\/[^>]+>; rel="next"$/);
  return { answer, manifests, link: link?.slice(1, link.indexOf('>')) };
}

/** Pushes an image that has a subject, by digest. @returns what the list must say of it */
export async function pushReferrer(
  http: Http,
  repository: string,
  subject: Descriptor,
  words: string,
  more: { artifactType?: string; annotations?: Record<string, string> } = {},
): Promise<Listed> {
  const body = await imageOf(http, repository, words, { subject, ...more });
  const answer = await putManifest(http, repository, digestOf(body), body);
  expect([answer.status, answer.headers['oci-subject']]).toEqual([201, subject.digest]);
  const artifactType = more.artifactType || 'application/vnd.oci.image.config.v1+json';
  const { annotations } = more;
  return { ...descriptorOf(body, OCI_MANIFEST), artifactType, ...(annotations && { annotations }) };
}
