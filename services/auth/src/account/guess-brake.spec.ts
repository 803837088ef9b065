import { setImmediate as turn } from 'node:timers/promises';
import { GuessBrake } from './guess-brake.js';

const wrong = async () => false;
const right = async () => true;

/** A brake whose waits are written down and take no time, on a clock of its own. */
function createBrake() {
  const waits: number[] = [];
  const clock = { now: 0 };
  const brake = new GuessBrake({ now: () => clock.now, wait: async (ms) => void waits.push(ms) });
  return { brake, waits, clock };
}

it('limit wrong-passwords: delays the answers to further wrong passwords for one account, up to a bound', async () => {
  const { brake, waits } = createBrake();
  for (let guess = 0; guess < 40; guess += 1) await brake.run('192.0.2.1', 'admin', wrong);
  expect(waits.slice(0, 8)).toEqual([0, 0, 0, 0, 0, 200, 400, 600]);
  expect(waits.at(-1)).toBe(5_000);
});

it('limit wrong-passwords-anywhere: delays by address over all accounts, and refuses none of them', async () => {
  const { brake, waits } = createBrake();
  for (let guess = 0; guess < 100; guess += 1) await brake.run('192.0.2.1', `account ${guess}`, wrong);
  expect(waits[29]).toBe(0);
  expect(waits[30]).toBe(50);
  expect(waits.at(-1)).toBe(2_000);
  await brake.run('192.0.2.2', 'account 1', wrong);
  expect(waits.at(-1)).toBe(0);
});

it('never delays a right password, which clears the count of its account', async () => {
  const { brake, waits } = createBrake();
  for (let guess = 0; guess < 20; guess += 1) await brake.run('192.0.2.1', 'admin', wrong);
  const before = waits.length;
  expect(await brake.run('192.0.2.1', 'admin', right)).toBe(true);
  expect(waits).toHaveLength(before);
  await brake.run('192.0.2.1', 'admin', wrong);
  expect(waits.at(-1)).toBe(0);
});

it('forgets after a quarter of an hour without a wrong password', async () => {
  const { brake, waits, clock } = createBrake();
  for (let guess = 0; guess < 20; guess += 1) await brake.run('192.0.2.1', 'admin', wrong);
  clock.now = 15 * 60_000;
  await brake.run('192.0.2.1', 'admin', wrong);
  expect(waits.at(-1)).toBe(0);
});

it('limit guesses-at-once: refuses more than three guesses at once at an account with many wrong ones, without a check', async () => {
  let release: () => void = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const brake = new GuessBrake({ wait: (ms) => (ms > 0 ? held : Promise.resolve()) });
  for (let guess = 0; guess < 5; guess += 1) await brake.run('192.0.2.1', 'admin', wrong);
  const guesses = [1, 2, 3].map(() => brake.run('192.0.2.1', 'admin', wrong));
  await turn();
  const check = jest.fn(right);
  await expect(brake.run('192.0.2.1', 'admin', check)).rejects.toMatchObject({ status: 429 });
  expect(check).not.toHaveBeenCalled();
  await expect(brake.run('192.0.2.2', 'admin', right)).resolves.toBe(true);
  await expect(brake.run('192.0.2.1', 'other', right)).resolves.toBe(true);
  release();
  await Promise.all(guesses);
  await expect(brake.run('192.0.2.1', 'admin', right)).resolves.toBe(true);
});
