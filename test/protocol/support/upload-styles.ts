import type { Answer } from './answer.js';
import { digestOf, openUpload } from './content.js';
import type { Http } from './http.js';

/** Sends a blob. @returns the last answer: 201 if it is stored */
export type UploadStyle = (http: Http, repository: string, bytes: Buffer) => Promise<Answer>;

const put = (http: Http, location: string, digest: string, body?: Buffer) =>
  http.send('PUT', `${location}?digest=${digest}`, { body });

/** Every way in which clients send a blob. */
export const UPLOAD_STYLES: Readonly<Record<string, UploadStyle>> = {
  'one POST': (http, repository, body) =>
    http.send('POST', `/v2/${repository}/blobs/uploads/?digest=${digestOf(body)}`, { body }),
  'POST and PUT': async (http, repository, body) => put(http, await openUpload(http, repository), digestOf(body), body),
  'one PATCH of unknown length': async (http, repository, bytes) => {
    const location = await openUpload(http, repository);
    const half = Math.ceil(bytes.length / 2);
    await http.send('PATCH', location, { body: [bytes.subarray(0, half), bytes.subarray(half)] });
    return put(http, location, digestOf(bytes));
  },
  'three chunks': async (http, repository, bytes) => {
    const location = await openUpload(http, repository);
    const size = Math.ceil(bytes.length / 3);
    for (const start of [0, size, 2 * size]) {
      const body = bytes.subarray(start, start + size);
      const headers = { 'content-range': `${start}-${start + body.length - 1}` };
      await http.send('PATCH', location, { headers, body });
    }
    return put(http, location, digestOf(bytes));
  },
  'a chunk, and the rest with the PUT': async (http, repository, bytes) => {
    const location = await openUpload(http, repository);
    await http.send('PATCH', location, { body: bytes.subarray(0, 10) });
    return put(http, location, digestOf(bytes), bytes.subarray(10));
  },
  'announced as sha512, and closed with it': async (http, repository, bytes) => {
    const location = await openUpload(http, repository, '?digest-algorithm=sha512');
    return put(http, location, digestOf(bytes, 'sha512'), bytes);
  },
};
