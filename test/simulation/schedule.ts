import { Client } from './clients.js';
import { inSimulation } from './environment.js';
import { Invariants } from './invariants.js';
import type { Mutant } from './mutants.js';
import { SimulatedProcess } from './process.js';
import { Random } from './random.js';
import { type Collecting, World } from './world.js';

/** Steps after which a run counts as one that does not end. */
const MOST_STEPS = 20_000;

/** Rounds of the collector after the last request in which everything has to be gone that nothing needs. */
const MOST_ROUNDS = 14;

/** After it everything is due. */
const A_LONG_TIME_MS = 2_000_000;

export interface Outcome {
  readonly broken: readonly string[];
  readonly steps: number;
  /** The last steps, where something broke or all is told. */
  readonly story: readonly string[];
  readonly acknowledged: number;
  /** Statements of the product that were carried out. */
  readonly statements: readonly string[];
}

/** Everything that one seed makes happen, up to the first broken rule. */
export function runSchedule(seed: number, mutant: Mutant, tellsAll = false): Promise<Outcome> {
  const world = new World(new Random(seed), mutant);
  return inSimulation(world, () => run(world, tellsAll));
}

async function run(world: World, tellsAll: boolean): Promise<Outcome> {
  const invariants = new Invariants(world);
  const outcome = (broken: readonly string[]): Outcome => {
    const { steps, story } = world.scheduler;
    const isTold = tellsAll || broken.length > 0;
    return { broken, steps, story: isTold ? story : [], acknowledged: world.kept.size, statements: [...world.reached] };
  };
  await world.history(history(world));
  world.start();
  const clients = startClients(world);
  let crashes = Math.max(0, world.random.below(5) - 2);
  while (clients.open > 0) {
    if (crashes > 0 && world.random.once(60)) {
      crashes -= 1;
      world.crash();
    }
    if (!(await world.step())) return outcome([`stuck: ${world.scheduler.waiting.join('; ')}`]);
    const broken = invariants.check();
    if (broken.length > 0) return outcome(broken);
    if (world.scheduler.steps > MOST_STEPS) return outcome(['the clients do not come to their end']);
  }
  return outcome(await drain(world, invariants));
}

/** A few uploads, pushes and deletes of what anybody may push and delete. */
function history(world: World): ((process: SimulatedProcess) => Promise<void>)[] {
  const { random } = world;
  const some = (most: number, act: (client: Client) => Promise<void>) =>
    Array.from(
      { length: random.below(most + 1) },
      () => (process: SimulatedProcess) => act(new Client(world, process)),
    );
  const uploads = some(2, (client) => client.upload());
  return [...uploads, ...some(1, (client) => client.pushShared()), ...some(1, (client) => client.remove(1))];
}

function startClients(world: World): { open: number } {
  const clients = { open: 0 };
  const start = (name: string, work: (client: Client) => Promise<void>) => {
    clients.open += 1;
    const client = new Client(world, new SimulatedProcess(name, 16));
    void work(client).then(() => {
      clients.open -= 1;
    });
  };
  const { random } = world;
  start('client', (client) => client.push(0));
  if (random.once(3)) start('other client', (client) => client.push(1));
  else if (random.once(4)) start('other client', (client) => client.upload());
  else start('deleter', (client) => client.remove(1 + random.below(2)));
  return clients;
}

/** Everything that nothing needs goes. */
async function drain(world: World, invariants: Invariants): Promise<string[]> {
  await world.quiesce();
  const how = world.random.pick<Collecting>(['eager', 'eager', 'eager', 'eager', 'walking', 'told']);
  let left: string[] = [];
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    // Where events are lost, and where a clock was not started because somebody held the row, only a walk finds what is left.
    const isOnlyTold = how === 'told' && !world.isLogBad && round < MOST_ROUNDS / 2;
    await world.collect(how === 'told' && !isOnlyTold ? 'walking' : how, A_LONG_TIME_MS);
    const broken = invariants.check();
    if (broken.length > 0) return broken;
    left = invariants.leftOver();
    if (left.length === 0) return [];
  }
  return left.map((what) => `left over: ${what}`);
}
