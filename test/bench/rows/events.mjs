import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { closedLoop } from '../load/closed-loop.mjs';
import { configBlob, manifestOf } from '../load/content.mjs';
import { pushBlob, pushManifest } from '../load/push.mjs';
import { Session } from '../load/session.mjs';

/** @typedef {import('../servers/target.mjs').Target} Target */
/** @typedef {{manifest: Buffer, tags: number}} State */

const REPOSITORY = 'bench/events';
const LIMIT_MS = 600_000;

/** How fast the log is, of Lading alone: nobody else has one. @type {import('./row.mjs').Group<State>} */
export const events = {
  name: 'events',
  async prepare(target, { seed }) {
    const config = configBlob(seed);
    const session = await Session.open(target, { repositories: [REPOSITORY] });
    await pushBlob(session, session.connections[0], REPOSITORY, config);
    session.close();
    return { manifest: manifestOf(config, []), tags: 0 };
  },
  rows: ({ events: count }) => [throughputRow(count), lagRow()],
};

/**
 * Events that are in the outbox at once, until the collector has handled the last. They are written there by hand, for
 * pushes would take longer than that.
 * @param {number} count @returns {import('./row.mjs').Row<State>}
 */
function throughputRow(count) {
  return {
    name: `events-${count}`,
    unit: 'events/s',
    better: 'higher',
    cpuPer: '10k events',
    ownProcess: true,
    async arrange(target) {
      const client = new pg.Client({
        host: join(/** @type {string} */ (target.dataDir), 'postgres-socket'),
        user: 'postgres',
        database: 'postgres',
      });
      await client.connect();
      return {
        end: () => void client.end(),
        async work() {
          await client.query(FILL_OUTBOX, [count]);
          const start = performance.now();
          while (!(await isHandled(client))) {
            if (performance.now() - start > LIMIT_MS) throw new Error('the events are not handled');
            await sleep(10);
          }
          return { value: (count * 1000) / (performance.now() - start), work: count / 10_000 };
        },
      };
    },
  };
}

/** Blobs that came to a hundred repositories: the collector makes a candidate of each. */
const FILL_OUTBOX = `
  INSERT INTO registry.outbox (event_id, topic, message_key, type, subject, aggregate_version, data)
  SELECT gen_random_uuid(), 'lading.registry.events.v1', (1000000 + n % 100)::text, 'dev.lading.blob.uploaded.v1',
         'bench/none@sha256:' || n, 1 + n / 100,
         jsonb_build_object('repositoryId', 1000000 + n % 100, 'path', 'bench/none', 'principal', 'bench',
           'digest', 'sha256:' || encode(sha256(gen_random_uuid()::text::bytea), 'hex'),
           'objectId', gen_random_uuid(), 'size', 1, 'duplicate', false)
  FROM generate_series(0, $1::int - 1) AS n`;

/** @param {import('pg').Client} client @returns {Promise<boolean>} */
async function isHandled(client) {
  const { rows } = await client.query(`
    SELECT NOT EXISTS (SELECT 1 FROM registry.outbox) AND NOT EXISTS (
      SELECT 1 FROM gc.consumer_place p JOIN events.partition_head h ON h.topic = p.topic AND h.partition = p.partition
      WHERE h.position >= p.next_position) AS handled`);
  return rows[0].handled;
}

/** From the answer to a push until its event comes over the stream. @returns {import('./row.mjs').Row<State>} */
function lagRow() {
  return {
    name: 'event-lag/c1',
    unit: 'ms',
    better: 'lower',
    async arrange(target, state, { scale }) {
      const stream = await EventStream.open(target);
      const session = await Session.open(target, { repositories: [REPOSITORY] });
      return {
        end() {
          stream.close();
          session.close();
        },
        async work() {
          /** @type {number[]} */ const lags = [];
          await closedLoop({
            connections: session.connections,
            seconds: scale.seconds,
            async step(connection) {
              const tag = `lag-${state.tags++}`;
              const came = stream.next(tag);
              await pushManifest(session, connection, REPOSITORY, tag, state.manifest);
              const answered = performance.now();
              lags.push(Math.max(0, (await came) - answered));
            },
          });
          const middle = [...lags].sort((a, b) => a - b)[Math.floor(lags.length / 2)];
          return { value: middle, latencies: lags };
        },
      };
    },
  };
}

/** `GET /api/v4/events` as server-sent events. */
class EventStream {
  /** @type {Map<string, (at: number) => void>} */ #waiting = new Map();
  #rest = '';
  #request;

  /** @param {import('node:http').ClientRequest} req */
  constructor(req) {
    this.#request = req;
  }

  /** @param {Target} target @returns {Promise<EventStream>} */
  static async open({ host, port, credentials }) {
    const authorization = `Basic ${Buffer.from(`${credentials?.user}:${credentials?.password}`).toString('base64')}`;
    const headers = { accept: 'text/event-stream', authorization };
    const req = request({ host, port, path: '/api/v4/events', headers, agent: false }).end();
    const stream = new EventStream(req);
    const answer = await new Promise((resolve, reject) => {
      req.once('response', resolve).once('error', reject);
    });
    if (answer.statusCode !== 200) throw new Error(`the stream of events was answered ${answer.statusCode}`);
    req.on('error', () => undefined);
    answer.on('error', () => undefined);
    answer.on('data', (/** @type {Buffer} */ bytes) => stream.#read(bytes.toString()));
    return stream;
  }

  /** When the event of this tag came. @param {string} tag @returns {Promise<number>} */
  next(tag) {
    return new Promise((resolve) => {
      this.#waiting.set(tag, resolve);
    });
  }

  close() {
    this.#request.destroy();
  }

  /** @param {string} text */
  #read(text) {
    const at = performance.now();
    const blocks = (this.#rest + text).split('\n\n');
    this.#rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, tag] = /"tag":"(lag-\d+)"/.exec(block) ?? [];
      if (tag === undefined) continue;
      this.#waiting.get(tag)?.(at);
      this.#waiting.delete(tag);
    }
  }
}
