import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { closedLoop } from '../load/closed-loop.mjs';
import { digestOf, MANIFEST_TYPE } from '../load/content.mjs';
import { Session } from '../load/session.mjs';
import { DOCKER_REGISTRY } from '../servers/docker-registry.mjs';
import { Collector } from './collector.mjs';
import { placeGarbage, pushGarbage } from './garbage.mjs';
import { ImageSource, pushImage } from './push-image.mjs';

/** @typedef {import('../servers/target.mjs').Target} Target */
/** @typedef {import('../load/session.mjs').Session} Connected */
/** @typedef {ReturnType<ImageSource['next']>} Image */

/**
 * @typedef {object} State
 * @property {ImageSource} source
 * @property {Image} image one that stays
 * @property {Collector} [collector] of Lading
 * @property {number} made how often garbage was made
 */

const REPOSITORY = 'bench/collection';
const CONNECTIONS = 8;
const PULLERS = 4;

/**
 * What collection frees in what time, and what it costs those who push and pull meanwhile. docker-registry's collector is
 * a command: it is run while the server is stopped, as its documentation asks for, and beside pushes, to see what comes of it.
 * @type {import('./row.mjs').Group<State>}
 */
export const collection = {
  name: 'collection',
  settings: ({ leaseSeconds }) => ({
    LADING_GC_INTERVAL: '100ms',
    LADING_GC_LEASE: `${leaseSeconds}s`,
    LADING_GC_DELAY: '100ms',
    LADING_GC_HOLD: '10ms',
  }),
  async prepare(target, { seed }) {
    const source = new ImageSource(seed);
    const image = source.next();
    const session = await Session.open(target, { repositories: [REPOSITORY] });
    await pushImage(session, session.connections[0], REPOSITORY, image);
    session.close();
    return { source, image, collector: target.credentials && new Collector(target), made: 0 };
  },
  rows: (scale) => [
    ...scale.freed.map(freeRow),
    pushRow(`images-${scale.images}-no-collection`, false),
    pushRow(`images-${scale.images}-while-collecting`, true),
    pullRow('pulls-no-collection', false),
    pullRow('pulls-while-collecting', true),
  ],
};

/** From the word to begin until the last byte is deleted. @param {number} count @returns {import('./row.mjs').Row<State>} */
function freeRow(count) {
  return {
    name: `free-${count}-blobs`,
    unit: 'blobs/s',
    better: 'higher',
    ownProcess: true,
    mostRounds: count > 10_000 ? 1 : 3,
    async arrange(target, state, { seed }) {
      const { collector } = state;
      const own = `${seed} free ${state.made++}`;
      if (collector === undefined) {
        await target.stop();
        await placeGarbage(/** @type {string} */ (target.dataDir), count, own);
        return { work: () => timed(count, () => collectOffline(target)) };
      }
      await collector.pause();
      await pushGarbage(target, count, own);
      await collector.untilDue(count);
      const before = await collector.purged();
      return {
        work: () =>
          timed(count, async () => {
            await collector.resume();
            await collector.untilPurged(before + count);
          }),
      };
    },
  };
}

/**
 * Images pushed by several clients, and afterwards looked at: each has all its blobs.
 * @param {string} name @param {boolean} collecting @returns {import('./row.mjs').Row<State>}
 */
function pushRow(name, collecting) {
  return {
    name: `${name}/c${CONNECTIONS}`,
    unit: 'images/s',
    better: 'higher',
    cpuPer: '10k images',
    ownProcess: true,
    mostRounds: 3,
    async arrange(target, state, { scale, seed }) {
      const begin = await prepareCollection(target, state, scale.garbage, seed);
      const session = await Session.open(target, { connections: CONNECTIONS, repositories: [REPOSITORY] });
      /** @type {Image[]} */ const images = [];
      let refused = 0;
      return {
        end: () => session.close(),
        async work() {
          const end = collecting ? await begin() : undefined;
          const { seconds, latencies } = await closedLoop({
            connections: session.connections,
            seconds: 600,
            maxCount: scale.images,
            async step(connection) {
              const image = state.source.next();
              try {
                await pushImage(session, connection, REPOSITORY, image);
                images.push(image);
              } catch (error) {
                if (state.collector) throw error;
                refused += 1;
              }
            },
          });
          const collected = await end?.();
          const broken = await countBroken(target, images);
          const counts = `${broken} of ${images.length} acknowledged images are broken`;
          const note = [counts, refused && `${refused} were refused`, collected].filter(Boolean).join('; ');
          if (broken > 0 && state.collector) throw new Error(note);
          return { value: latencies.length / seconds, work: latencies.length / 10_000, latencies, note };
        },
      };
    },
  };
}

/** A manifest by tag and one of its layers. @param {string} name @param {boolean} collecting @returns {import('./row.mjs').Row<State>} */
function pullRow(name, collecting) {
  return {
    name: `${name}/c${PULLERS}`,
    unit: 'pulls/s',
    better: 'higher',
    cpuPer: '10k pulls',
    able: ({ collector }) => collector !== undefined,
    async arrange(target, state, { scale, seed }) {
      const begin = await prepareCollection(target, state, scale.garbage, seed);
      const session = await Session.open(target, { connections: PULLERS, repositories: [REPOSITORY] });
      const { tag, layers } = state.image;
      const paths = [`manifests/${tag}`, `blobs/${layers[0].digest}`].map((path) => `/v2/${REPOSITORY}/${path}`);
      const heads = paths.map((path) => session.head({ method: 'GET', path }));
      const loop = (/** @type {number} */ seconds) =>
        closedLoop({
          connections: session.connections,
          seconds,
          async step(connection) {
            for (const head of heads) {
              const { status } = await connection.exchange(head);
              if (status !== 200) throw new Error(`a pull was answered ${status}`);
            }
          },
        });
      await loop(scale.warmSeconds);
      return {
        end: () => session.close(),
        async work() {
          const end = collecting ? await begin() : undefined;
          const { seconds, latencies } = await loop(scale.seconds);
          const note = await end?.();
          return { value: latencies.length / seconds, work: latencies.length / 10_000, latencies, note };
        },
      };
    },
  };
}

/**
 * Makes garbage that is due and left alone.
 * @param {Target} target @param {State} state @param {number} count @param {string} seed
 * @returns {Promise<() => Promise<() => Promise<string>>>} begins to collect it; that returns what ends it and says how far it came
 */
async function prepareCollection(target, state, count, seed) {
  const { collector } = state;
  const own = `${seed} beside ${state.made++}`;
  if (collector === undefined) {
    if (target.process?.exitCode !== null || target.process.signalCode !== null) await target.restart();
    await placeGarbage(/** @type {string} */ (target.dataDir), count, own);
    return async () => collectAgainAndAgain(target);
  }
  await collector.pause();
  await pushGarbage(target, count, own);
  await collector.untilDue(count);
  return async () => {
    const before = await collector.purged();
    await collector.resume();
    return async () => `${(await collector.purged()) - before} blobs were deleted meanwhile`;
  };
}

/** @param {number} count @param {() => Promise<void>} work */
async function timed(count, work) {
  const start = performance.now();
  await work();
  const seconds = (performance.now() - start) / 1000;
  return { value: count / seconds, note: `${seconds.toFixed(1)} s` };
}

/** `docker-registry garbage-collect`, on the configuration beside the data. @param {Target} target */
async function collectOffline(target) {
  const config = join(dirname(/** @type {string} */ (target.dataDir)), 'registry.yml');
  const [code] = await once(spawn(DOCKER_REGISTRY, ['garbage-collect', config], { stdio: 'ignore' }), 'exit');
  if (code !== 0) throw new Error(`docker-registry garbage-collect ended with ${code}`);
}

/** @param {Target} target */
function collectAgainAndAgain(target) {
  let isOver = false;
  let runs = 0;
  const running = (async () => {
    for (; !isOver; runs += 1) await collectOffline(target).catch(() => undefined); // It fails on files that come and go.
  })();
  return async () => {
    isOver = true;
    await running;
    return `its collector ran ${runs} times meanwhile, which its documentation forbids`;
  };
}

/**
 * Images of which the manifest or a blob is not there. A connection that breaks counts as well: docker-registry promises
 * bytes that it remembers, and then has none.
 * @param {Target} target @param {Image[]} images
 */
async function countBroken(target, images) {
  let broken = 0;
  const waiting = [...images];
  const worker = async () => {
    let session = await Session.open(target, { repositories: [REPOSITORY] });
    for (let image = waiting.pop(); image; image = waiting.pop()) {
      try {
        if (!(await isWhole(session, image))) broken += 1;
      } catch {
        broken += 1;
        session.close();
        session = await Session.open(target, { repositories: [REPOSITORY] });
      }
    }
    session.close();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  return broken;
}

/** @param {Connected} session @param {Image} image */
async function isWhole(session, { manifest, config, layers }) {
  const blobs = [config, ...layers].map(({ digest }) => `blobs/${digest}`);
  for (const path of [`manifests/${digestOf(manifest)}`, ...blobs]) {
    const head = session.head({
      method: 'GET',
      path: `/v2/${REPOSITORY}/${path}`,
      headers: { Accept: `${MANIFEST_TYPE}, */*` },
    });
    if ((await session.connections[0].exchange(head)).status !== 200) return false;
  }
  return true;
}
