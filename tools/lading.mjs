// `npm run lading -- <verb>`: what an operator does from the command line.
import './require-node.mjs';
import { HELP as TAIL_HELP, tailEvents } from './cli/events-tail.mjs';
import { UsageError } from './cli/usage-error.mjs';

const VERBS = { 'events tail': tailEvents };

const HELP = `npm run lading -- <verb> [options]

  events tail   prints events as they come

${TAIL_HELP}`;

async function main(args) {
  const verb = args.slice(0, 2).join(' ');
  const run = VERBS[verb];
  if (run) return run(args.slice(2), process);
  if (args.length > 0 && !['help', '--help', '-h'].includes(args[0]))
    throw new UsageError(`there is no verb ${verb}; see --help`);
  process.stdout.write(`${HELP}\n`);
}

// Whoever reads our output may have enough of it, as `head` does.
process.stdout.on('error', (error) => process.exit(error.code === 'EPIPE' ? 0 : 1));
try {
  await main(process.argv.slice(2));
} catch (error) {
  const isUsage = error instanceof UsageError || String(error.code).startsWith('ERR_PARSE_ARGS');
  process.stderr.write(`lading: ${isUsage ? error.message : error.stack}\n`);
  process.exitCode = isUsage ? 2 : 1;
}
