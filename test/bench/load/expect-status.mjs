/**
 * A wrong answer ends the row: the time of an error is not a result.
 * @param {import('./response-parser.mjs').Answer} answer
 * @param {number} status
 * @param {string} what for the message
 */
export function expectStatus(answer, status, what) {
  if (answer.status === status) return;
  throw new Error(`${what}: expected ${status}, got ${answer.status} ${answer.body?.toString().slice(0, 300) ?? ''}`);
}
