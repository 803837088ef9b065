// Keeps a list of all tags of a Lading installation, in a file: an example of how to follow its events.
//
//   node docs/examples/all-tags.mjs --url http://127.0.0.1:5000 --user admin --password-file data/admin-password \
//     --state all-tags.json
//
// It begins with a snapshot, goes on with the feed, and writes list and cursor together, so it can be stopped at any
// moment and goes on where it was. Plain Node (20 or newer), nothing to install.
import { readFile, rename, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:5000' },
    user: { type: 'string', default: 'admin' },
    'password-file': { type: 'string', default: 'data/admin-password' },
    state: { type: 'string', default: 'all-tags.json' },
  },
});
const password = (await readFile(options['password-file'], 'utf8')).trim();
const authorization = `Basic ${Buffer.from(`${options.user}:${password}`).toString('base64')}`;

/** The list cannot be brought up to date with the feed; only a snapshot helps. */
class StartAgain extends Error {}

async function get(path) {
  const answer = await fetch(`${options.url}/api/v4/events${path}`, { headers: { authorization } });
  if (answer.ok) return answer;
  const { message } = await answer.json();
  throw answer.status === 410 ? new StartAgain(message) : new Error(message);
}

/**
 * Everything that is kept: the place in the feed, the last version of each key, and the list: `<repository id>:<tag>`; `hidden` are tags
 * of deleted repositories, which may come back.
 */
async function readSnapshot() {
  const state = { cursor: '', versions: {}, paths: {}, tags: {}, hidden: {} };
  const deleted = new Set();
  let isWhole = false;
  const { body } = await get('/snapshot');
  for await (const text of createInterface({ input: Readable.fromWeb(body) })) {
    const line = JSON.parse(text);
    if (line.kind === 'snapshot') state.cursor = line.cursor;
    if (line.partitionkey) state.versions[line.partitionkey] = line.aggregateversion;
    if (line.kind === 'repository') state.paths[line.repositoryId] = line.path;
    if (line.kind === 'repository' && line.deleted) deleted.add(line.repositoryId);
    if (line.kind === 'tag') {
      const list = deleted.has(line.repositoryId) ? state.hidden : state.tags;
      list[`${line.repositoryId}:${line.tag}`] = line.digest;
    }
    if (line.kind === 'end') isWhole = true;
  }
  if (!isWhole) throw new Error('the snapshot was cut off');
  return state;
}

function applyEvent(state, { type, partitionkey, aggregateversion, data }) {
  const known = state.versions[partitionkey] ?? 0;
  // Delivered again, or the outcome is in the snapshot.
  if (aggregateversion <= known) return;
  if (aggregateversion > known + 1)
    throw new StartAgain(`events of ${partitionkey} after version ${known} are missing`);
  state.versions[partitionkey] = aggregateversion;
  if (data.repositoryId !== undefined) state.paths[data.repositoryId] = data.path;
  if (type === 'dev.lading.tag.set.v1') state.tags[`${data.repositoryId}:${data.tag}`] = data.digest;
  if (type === 'dev.lading.tag.deleted.v1') delete state.tags[`${data.repositoryId}:${data.tag}`];
  if (type === 'dev.lading.manifest.deleted.v1') {
    for (const tag of data.tags) delete state.tags[`${data.repositoryId}:${tag}`];
  }
  if (type === 'dev.lading.repository.deleted.v1') move(data.repositoryId, state.tags, state.hidden);
  if (type === 'dev.lading.repository.restored.v1') move(data.repositoryId, state.hidden, state.tags);
  if (type === 'dev.lading.repository.expunged.v1') move(data.repositoryId, state.hidden, {});
}

function move(repositoryId, from, to) {
  for (const [key, digest] of Object.entries(from)) {
    if (!key.startsWith(`${repositoryId}:`)) continue;
    to[key] = digest;
    delete from[key];
  }
}

/** Whole or not at all: a new file takes the old one's place. */
async function save(state) {
  await writeFile(`${options.state}.new`, JSON.stringify(state));
  await rename(`${options.state}.new`, options.state);
}

async function load() {
  const text = await readFile(options.state, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : JSON.parse(text);
}

/** One page. @returns whether there was anything */
async function step(state) {
  const { events, next } = await (await get(`?after=${encodeURIComponent(state.cursor)}&limit=1000`)).json();
  for (const event of events) applyEvent(state, event);
  state.cursor = next;
  if (events.length > 0) await save(state);
  return events.length > 0;
}

let state = await load();
for (;;) {
  try {
    if (state === undefined) {
      state = await readSnapshot();
      await save(state);
      console.log('read a snapshot');
    }
    if (!(await step(state))) await delay(500);
  } catch (error) {
    console.error(error.cause?.code ?? error.message);
    // What was in hand is half done: begin with what was saved, or with a snapshot.
    state = error instanceof StartAgain ? undefined : await load();
    await delay(500);
  }
}
