// `lading events tail`: prints events as they come, over server-sent events, and goes on after a lost connection.
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { COMMON_FLAGS, COMMON_HELP, connectionOf } from './options.mjs';
import { readServerSentEvents } from './server-sent-events.mjs';
import { UsageError } from './usage-error.mjs';

const HELP = `npm run lading -- events tail [options]

Prints every event from now on, and goes on until it is stopped.

  --after CURSOR         from behind this event on, a cursor of the feed
  --from-start           from the oldest event that is kept on
  --limit N              ends after so many events
${COMMON_HELP}`;

const FLAGS = {
  ...COMMON_FLAGS,
  after: { type: 'string' },
  'from-start': { type: 'boolean', default: false },
  limit: { type: 'string' },
};

/** Milliseconds between two attempts to connect. */
const RETRY_MS = 1_000;

/** The server cannot be reached, or is not ready; it may be later. */
class TryAgain extends Error {}

/**
 * @param {string[]} args
 * @param {{ stdout: NodeJS.WritableStream, stderr: NodeJS.WritableStream, env: NodeJS.ProcessEnv }} surroundings
 */
export async function tailEvents(args, { stdout, stderr, env }) {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  if (flags.help) return void stdout.write(`${HELP}\n`);
  const connection = connectionOf(flags, env);
  const format = flags.json ? (event) => JSON.stringify(event) : lineOf;
  let left = limitOf(flags.limit);
  let after = flags.after ?? (flags['from-start'] ? undefined : 'latest');
  while (left > 0) {
    try {
      for await (const { id, data } of follow(connection, after)) {
        after = id ?? after;
        if (data === undefined) continue;
        if (!stdout.write(`${format(JSON.parse(data))}\n`)) await once(stdout, 'drain');
        if (--left === 0) return;
      }
    } catch (error) {
      if (!(error instanceof TryAgain)) throw error;
      stderr.write(`${error.message}; trying again\n`);
    }
    await delay(RETRY_MS);
  }
}

function limitOf(text) {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UsageError('--limit must be a whole number of 1 or more');
  return Number(text);
}

async function* follow({ url, authorization }, after) {
  const query = after === undefined ? '' : `?after=${encodeURIComponent(after)}`;
  const headers = { authorization, accept: 'text/event-stream' };
  const answer = await fetch(`${url}/api/v4/events${query}`, { headers }).catch((error) => {
    throw new TryAgain(`${url} cannot be reached (${error.cause?.code ?? error.message})`);
  });
  if (!answer.ok) {
    const { message } = await answer.json().catch(() => ({ message: `status ${answer.status}` }));
    throw answer.status >= 500 || answer.status === 429 ? new TryAgain(message) : new UsageError(message);
  }
  try {
    yield* readServerSentEvents(answer.body);
  } catch (error) {
    throw new TryAgain(`the connection was lost (${error.cause?.code ?? error.message})`);
  }
}

/** For people: when, what, to what, by whom. */
function lineOf({ time, type, subject, data }) {
  const what = type.replace(/^dev\.lading\.(.*)\.v\d+$/, '$1');
  return `${time}  ${what.padEnd(17)}  ${subject}  ${data?.principal ?? ''}`.trimEnd();
}
