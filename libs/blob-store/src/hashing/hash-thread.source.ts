/** A request to a hash thread. `state` names one hash; answers come in the order of the requests of all hashes. */
export type HashRequest =
  | { readonly call: 'create'; readonly state: number; readonly algorithm: string }
  | { readonly call: 'update'; readonly state: number; readonly chunks: readonly Uint8Array[] }
  | { readonly call: 'copy'; readonly state: number; readonly to: number }
  | { readonly call: 'digest'; readonly state: number }
  | { readonly call: 'discard'; readonly state: number };

/** What a hash thread answers to `update` (no value) and `digest` (hex); the other calls have no answer. */
export interface HashAnswer {
  readonly hex?: string;
  readonly error?: string;
}

/**
 * The program of a hash thread, as text: it starts alike from `dist`, from TypeScript under jest and inside a bundle,
 * and needs no file beside it. A failed request leaves the other hashes of the thread alone.
 */
export const HASH_THREAD_SOURCE = `
const { parentPort } = require('node:worker_threads');
const { createHash } = require('node:crypto');
const states = new Map();
const calls = {
  create(request) { states.set(request.state, createHash(request.algorithm)); },
  copy(request) { states.set(request.to, states.get(request.state).copy()); },
  discard(request) { states.delete(request.state); },
  update(request) {
    const hash = states.get(request.state);
    for (const chunk of request.chunks) hash.update(chunk);
    return {};
  },
  digest(request) {
    const hash = states.get(request.state);
    states.delete(request.state);
    return { hex: hash.digest('hex') };
  },
};
parentPort.on('message', (request) => {
  let answer;
  try { answer = calls[request.call](request); } catch (error) { answer = { error: String(error) }; }
  if (request.call === 'update' || request.call === 'digest') parentPort.postMessage(answer);
});
`;
