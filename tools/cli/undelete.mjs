// `lading undelete`: lists what was deleted, brings it back, or ends the time in which it can be brought back.
import { parseArgs } from 'node:util';
import { ask } from './api.mjs';
import { COMMON_FLAGS, COMMON_HELP, connectionOf } from './options.mjs';
import { UsageError } from './usage-error.mjs';

export const HELP = `npm run lading -- undelete <what> [options]

  <what> is a repository, repository:tag, repository@digest, or a project with --project.

  --list                 shows what can be brought back at and below a name, and until when
  --as NAME              under another name: a tag, or a repository of the same project
  --id ID                of several that had the name, the one that the list shows with this id
  --operation ID         of several changes of a tag, the one that the list shows with this id
  --without-tags         a manifest without the tags that its delete took
  --project              <what> is the path of a project
  --purge                does not bring it back: what was deleted goes now, for good
${COMMON_HELP}`;

const FLAGS = {
  ...COMMON_FLAGS,
  list: { type: 'boolean', default: false },
  as: { type: 'string' },
  id: { type: 'string' },
  operation: { type: 'string' },
  'without-tags': { type: 'boolean', default: false },
  project: { type: 'boolean', default: false },
  purge: { type: 'boolean', default: false },
};

/**
 * @param {string[]} args
 * @param {{ stdout: NodeJS.WritableStream, env: NodeJS.ProcessEnv }} surroundings
 */
export async function undelete(args, { stdout, env }) {
  const { values: flags, positionals } = parseArgs({ args, options: FLAGS, allowPositionals: true });
  if (flags.help) return void stdout.write(`${HELP}\n`);
  if (positionals.length !== 1) throw new UsageError('name one thing to bring back; see --help');
  const what = whatOf(positionals[0], flags);
  const connection = connectionOf(flags, env);
  const print = (lines) => stdout.write(lines.map((line) => `${line}\n`).join(''));
  if (flags.list) return void print(await list(connection, what.name, flags.json));
  const answer = await ask(connection, 'POST', flags.purge ? '/purge' : '/undelete', what);
  print([flags.json ? JSON.stringify(answer) : (flags.purge ? purgedLine : restoredLine)(answer)]);
}

/** The body of the request. */
function whatOf(text, flags) {
  const [, name, tag, digest] = /^([^:@]+)(?::([^@]+)|@(.+))?$/.exec(text) ?? [];
  if (name === undefined) throw new UsageError(`${text} is no name, name:tag or name@digest`);
  const { as, operation } = flags;
  const id = flags.id === undefined ? undefined : Number(flags.id);
  if (flags.list) return { name };
  if (flags.project) return { kind: 'project', name, id };
  if (tag !== undefined) return { kind: 'tag', name, tag, operation, as };
  if (digest === undefined) return { kind: 'repository', name, id, as };
  return { kind: 'manifest', name, digest, ...(flags['without-tags'] && { without_tags: true }) };
}

async function list(connection, name, isJson) {
  const lines = [];
  for (let after = ''; after !== undefined; ) {
    const query = new URLSearchParams({ name, limit: '1000', ...(after && { after }) });
    const { deleted, next } = await ask(connection, 'GET', `/deleted?${query}`);
    lines.push(...deleted.map(isJson ? JSON.stringify : deletedLine));
    after = next;
  }
  return lines.length > 0 || isJson ? lines : [`nothing can be brought back at ${name}`];
}

function deletedLine({ kind, name, tag, digest, id, operation, principal, reason, restorable_until: until }) {
  const place = { tag: `${name}:${tag}`, manifest: `${name}@${digest}` }[kind] ?? name;
  const which = kind === 'tag' ? `was ${digest}  operation ${operation}` : kind === 'manifest' ? '' : `id ${id}`;
  const by = principal ?? (reason === 'collector' ? 'the collector' : '');
  const change = reason === 'moved' ? 'moved' : 'deleted';
  return `${kind.padEnd(10)}  ${place}  ${change}${by && ` by ${by}`}, until ${until}  ${which}`.trimEnd();
}

function restoredLine({ kind, name, digest, tags, repositories }) {
  if (kind === 'tag') return `${name}:${tags[0]} names ${digest} again`;
  if (kind === 'manifest') return `${name}@${digest} is back${tags.length > 0 ? `, with ${tags.join(', ')}` : ''}`;
  return `${name} is back${repositories === undefined ? '' : ` with ${repositories} repositories`}`;
}

function purgedLine({ kind, name, manifests }) {
  return kind === 'manifest' ? `${manifests} manifests of ${name} are gone for good` : `${name} goes for good now`;
}
