// `npm run lading -- <verb>`: what an operator does from the command line.
import './require-node.mjs';
import { ServerError } from './cli/api.mjs';
import { backup } from './cli/backup.mjs';
import { deadLetters } from './cli/dead-letters.mjs';
import { tailEvents } from './cli/events-tail.mjs';
import { gcConfirm, gcPace, gcPause, gcReconcile, gcResume, gcRun, gcStatus } from './cli/gc.mjs';
import { gcPlan, storage } from './cli/storage.mjs';
import { undelete } from './cli/undelete.mjs';
import { UsageError } from './cli/usage-error.mjs';

/** Each with what it does. */
const VERBS = {
  'events tail': ['prints events as they come', tailEvents],
  'events dead-letters': ['events that were given up', deadLetters],
  'gc status': ['what waits to be collected and why', gcStatus],
  'gc plan': ['what would be free', gcPlan],
  'gc run': ['collects what is due now', gcRun],
  'gc pause': ['stops collection', gcPause],
  'gc resume': ['ends a pause', gcResume],
  'gc confirm': ['ends a halt after a jump of the clock', gcConfirm],
  'gc pace': ['limits the steps a second', gcPace],
  backup: ['copies a running installation', backup],
  undelete: ['brings back what was deleted, or lists it', undelete],
  'gc reconcile': ['walks through the registry for what no event told of', gcReconcile],
  storage: ['what takes room', storage],
};

const WIDTH = Math.max(...Object.keys(VERBS).map((name) => name.length));

const HELP = `npm run lading -- <verb> [options]

${Object.entries(VERBS)
  .map(([name, [what]]) => `  ${name.padEnd(WIDTH)}  ${what}`)
  .join('\n')}

Every verb has --help, and --json for programs.`;

async function main(args) {
  for (const words of [2, 1]) {
    const found = VERBS[args.slice(0, words).join(' ')];
    if (found) return found[1](args.slice(words), process);
  }
  if (args.length > 0 && !['help', '--help', '-h'].includes(args[0]))
    throw new UsageError(`there is no verb ${args.slice(0, 2).join(' ')}; see --help`);
  process.stdout.write(`${HELP}\n`);
}

// Whoever reads our output may have enough of it, as `head` does.
process.stdout.on('error', (error) => process.exit(error.code === 'EPIPE' ? 0 : 1));
try {
  await main(process.argv.slice(2));
} catch (error) {
  const isUsage = error instanceof UsageError || String(error.code).startsWith('ERR_PARSE_ARGS');
  process.stderr.write(`lading: ${isUsage || error instanceof ServerError ? error.message : error.stack}\n`);
  process.exitCode = isUsage ? 2 : 1;
}
