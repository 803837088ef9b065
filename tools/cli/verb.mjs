// What the verbs that ask the REST API have in common.
import { parseArgs } from 'node:util';
import { COMMON_FLAGS, COMMON_HELP, connectionOf } from './options.mjs';

/**
 * A verb of the command line.
 *
 * @param {object} verb
 * @param {string} verb.usage the line that shows it, with what it says and its own flags below
 * @param {Record<string, object>} [verb.flags] for `parseArgs`
 * @param {(asked: { connection: object, flags: object, words: string[], env: NodeJS.ProcessEnv }) => Promise<unknown>} verb.run gives what is printed
 *   with `--json`
 * @param {(result: unknown, flags: object) => string} verb.text the same for people
 */
export function verb({ usage, flags: own = {}, run, text }) {
  return async (args, { stdout, env }) => {
    const { values: flags, positionals: words } = parseArgs({
      args,
      options: { ...COMMON_FLAGS, ...own },
      allowPositionals: true,
    });
    if (flags.help) return void stdout.write(`npm run lading -- ${usage}\n\n${COMMON_HELP}\n`);
    const result = await run({ connection: connectionOf(flags, env), flags, words, env });
    stdout.write(flags.json ? `${JSON.stringify(result)}\n` : `${text(result, flags)}\n`);
  };
}
