import type { Http } from '../http.js';
import { type Ledger, THERE } from './ledger.js';
import type { Upload } from './upload.js';

/**
 * Goes on with an upload that a crash interrupted, as a client would: asks where it stands, sends the rest, closes it.
 * What was acknowledged must still be counted. Only an upload whose closing PUT was under way may be over.
 *
 * @param mayBeForgotten an upload of which no byte was acknowledged may be unknown, too: the database was killed, and it
 *   makes the row of a new upload durable with the next change only
 * @returns what went wrong, or undefined
 */
export async function resume(
  http: Http,
  ledger: Ledger,
  upload: Upload,
  mayBeForgotten: boolean,
): Promise<string | undefined> {
  const { location, repository, blob, acknowledged, sent, closing } = upload;
  const status = await http.send('GET', location);
  if (status.status === 404 && (closing || (mayBeForgotten && acknowledged === 0))) return undefined;
  if (status.status !== 204) return `${location} is answered ${status.status} after ${acknowledged} acknowledged bytes`;
  const range = String(status.headers.range);
  const offset = range === '0-0' ? 0 : Number(range.slice(2)) + 1;
  if (!(offset >= acknowledged && offset <= sent)) {
    return `${location} stands at ${range}: ${acknowledged} bytes were acknowledged and ${sent} sent`;
  }
  const headers = { 'content-type': 'application/octet-stream' };
  const body = blob.bytes.subarray(offset);
  const closed = await http.send('PUT', `${location}?digest=${blob.digest}`, { headers, body });
  // Its bytes were durable already, and its row did not say so: the client starts over.
  if (closed.status === 404 && closing) return undefined;
  if (closed.status !== 201) return `${location} cannot be closed from ${offset}: ${closed.status} ${closed.body}`;
  ledger.settle(['blob', repository, blob.digest], THERE);
  return undefined;
}
