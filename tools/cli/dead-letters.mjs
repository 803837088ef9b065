// `lading events dead-letters`: events that a consumer gave up.
import { ask } from './api.mjs';
import { verb } from './verb.mjs';

export const deadLetters = verb({
  usage: `events dead-letters [options]

Events that were given up because handling them went wrong again and again.

  --send-again ID        handles one of them again, instead`,
  flags: { 'send-again': { type: 'string' } },
  run: ({ connection, flags: { 'send-again': id } }) => {
    if (id === undefined) return ask(connection, 'GET', '/events/dead-letters');
    return ask(connection, 'POST', `/events/dead-letters/${encodeURIComponent(id)}/send-again`);
  },
  text: ({ letters }) => {
    if (letters === undefined) return 'The event was handled.';
    if (letters.length === 0) return 'No event was given up.';
    return letters
      .map(
        ({ id, type, subject, consumer, givenUp, error }) =>
          `${id}  ${givenUp}  ${consumer}  ${type}  ${subject}\n    ${error}`,
      )
      .join('\n');
  },
});
