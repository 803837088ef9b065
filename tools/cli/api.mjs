// The REST API, for verbs that ask it once.
import { UsageError } from './usage-error.mjs';

/** The server cannot be reached or failed: exit code 1. */
export class ServerError extends Error {}

/**
 * @param {{ url: string, authorization: string }} connection
 * @param {string} path below `/api/v4`, with its query
 * @param {object} [body] sent as JSON
 * @returns {Promise<unknown>} what was answered
 * @throws UsageError when the server refuses, ServerError
 */
export async function ask({ url, authorization }, method, path, body) {
  const answer = await open({ url, authorization }, method, path, body);
  return answer.json();
}

/** Documents that come one a line. The caller can tell whether the answer was whole. */
export async function* askLines(connection, path) {
  const answer = await open(connection, 'GET', path);
  let rest = '';
  for await (const piece of answer.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop();
    for (const line of lines) yield JSON.parse(line);
  }
}

async function open({ url, authorization }, method, path, body) {
  const headers = { authorization, ...(body && { 'content-type': 'application/json' }) };
  const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
  const answer = await fetch(`${url}/api/v4${path}`, init).catch((error) => {
    throw new ServerError(`${url} cannot be reached (${error.cause?.code ?? error.message})`);
  });
  if (answer.ok) return answer;
  const { message } = await answer.json().catch(() => ({ message: `status ${answer.status}` }));
  throw answer.status >= 500 ? new ServerError(message) : new UsageError(message);
}
