import { setTimeout as delay } from 'node:timers/promises';
import { killNine, pidOfService } from '../faults/processes.js';
import { type Postgres, startPostgres } from '../support/postgres.js';
import { Random, runSeed } from '../support/random.js';
import type { Registry } from '../support/registry.js';
import { startServices } from '../support/services.js';
import { startStandalone } from '../support/standalone.js';
import { startSwitch } from '../support/switch.js';
import { settingsOf } from './clocks.js';
import { brokenNow, drain } from './invariants.js';
import { Soak } from './soak.js';

// Clients with an exact log against a collector with delays of seconds, which is killed in between. LADING_TEST_SOAK (90s,
// 20m, 1h) is how long clients work, in both shapes together.

const SOAK_MS = durationOf(process.env.LADING_TEST_SOAK || (process.env.LADING_NIGHT ? '20m' : '40s'));

/** Milliseconds. */
const CLOCKS = {
  interval: 200,
  lease: 8_000,
  delay: 2_000,
  untagged: 3_000,
  hold: 500,
  window: 3_000,
  uploads: 5_000,
};

/** Milliseconds of one cycle: the collector paused, then at work, and a kill somewhere in that. */
const PAUSED_MS = 3_000;
const CYCLE_MS = 12_000;

/** Seconds in which everything is collected that may be, once nobody works any more. */
const DRAIN_SECONDS = 90;

const SHAPES = [
  { shape: 'standalone', part: 0.6 },
  { shape: 'services', part: 0.4 },
] as const;

describe.each(SHAPES)('$shape', ({ shape, part }) => {
  const random = new Random(`${runSeed} ${shape}`);
  let postgres: Postgres | undefined;
  let registry: Registry;
  let restart: (victim: string) => Promise<void>;
  let database: string;
  let soak: Soak;

  beforeAll(async () => {
    if (shape === 'services') {
      postgres = await startPostgres();
      process.env.LADING_TEST_DATABASE_URL = postgres.url;
    }
    if (shape === 'services') {
      const services = await startServices(settingsOf(CLOCKS), startSwitch);
      restart = (victim) => services.restartOne(victim);
      registry = services;
    } else {
      registry = await startStandalone(settingsOf(CLOCKS));
      restart = () => registry.restart();
    }
    database = postgres?.url ?? registry.dataDir;
    soak = new Soak(registry, `${runSeed} ${shape}`, CLOCKS);
    await soak.start();
  });

  afterAll(async () => {
    for (const line of soak?.report() ?? [])
      process.stdout.write(`soak, ${shape}, LADING_TEST_SEED=${runSeed}: ${line}\n`);
    soak?.close();
    delete process.env.LADING_TEST_DATABASE_URL;
    await registry?.stop();
    await postgres?.stop();
  });

  const victims = shape === 'services' ? ['gc', 'metadata', 'distribution', 'gc', 'auth'] : ['everything'];
  const kill = async (victim: string) => {
    soak.outage.begin();
    if (victim === 'everything') await registry.kill9();
    else await killNine([pidOfService(registry.dataDir, victim)]);
    const begun = performance.now();
    await restart(victim);
    await soak.answers();
    soak.outage.end();
    soak.events.push(`kill -9 of ${victim}: back after ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  };

  const cycle = async (victim: string) => {
    await soak.pause(true);
    await delay(PAUSED_MS);
    await soak.pause(false);
    const killAt = random.between(0, CYCLE_MS - PAUSED_MS);
    await delay(killAt);
    await kill(victim);
    expect(await brokenNow(registry.dataDir, database)).toEqual([]);
    await delay(CYCLE_MS - PAUSED_MS - killAt);
  };

  it(
    'loses nothing that was acknowledged, and leaves nothing over',
    async () => {
      const until = performance.now() + SOAK_MS * part;
      for (let turn = 0; performance.now() < until && soak.faults.length === 0; turn++)
        await cycle(victims[turn % victims.length]!);
      await soak.end();
      expect(soak.faults).toEqual([]);
      await drained();
      await soak.verify();
      await soak.deleteAll();
      expect(soak.faults).toEqual([]);
      await drained();
      expect(await brokenNow(registry.dataDir, database)).toEqual([]);
    },
    SOAK_MS * part + (DRAIN_SECONDS * 2 + 120) * 1_000,
  );

  const drained = async () => {
    const begun = performance.now();
    expect(await drain(registry.dataDir, database, soak.logs, DRAIN_SECONDS)).toEqual({ lost: [], left: [] });
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    soak.events.push(`what nothing needed was gone after ${seconds} s`);
  };
});

/** Milliseconds of a text like 90s, 20m or 1h. */
function durationOf(text: string): number {
  const [, count, unit] = /^(\d+)(s|m|h)$/.exec(text) ?? [];
  if (!count) throw new Error(`LADING_TEST_SOAK is ${text}; it must be like 90s, 20m or 1h`);
  return Number(count) * { s: 1_000, m: 60_000, h: 3_600_000 }[unit as 's' | 'm' | 'h'];
}
