import type { Account } from './account.entity.js';
import { Authenticate } from './authenticate.js';
import { CheckSlots } from './check-slots.js';
import { GuessBrake } from './guess-brake.js';
import { hashPassword, verifyPassword } from './password-hash.js';
import { VerifiedPairs } from './verified-pairs.js';

const address = '192.0.2.1';

/** One account, a clock, and checks that are counted and compare plain text. */
class World {
  now = 0;
  account: Account | undefined = { id: '5', username: 'alice', passwordHash: 'secret', isAdmin: true } as Account;
  readonly asked: string[] = [];
  readonly checks: string[] = [];
  readonly hashes: string[] = [];
  running = 0;
  mostRunning = 0;
  private readonly accounts = {
    findByUsername: async (username: string) => {
      this.asked.push(username);
      return username === this.account?.username ? this.account : undefined;
    },
  };
  readonly authenticate = new Authenticate(this.accounts, {
    slots: new CheckSlots({ slots: 2, waitMs: 10_000, maxWaiting: 100 }),
    brake: new GuessBrake({ now: () => this.now, wait: async () => {} }),
    pairs: new VerifiedPairs(() => this.now),
    verify: async (passwordHash, password) => {
      this.checks.push(password);
      this.hashes.push(passwordHash);
      this.running += 1;
      this.mostRunning = Math.max(this.mostRunning, this.running);
      await new Promise((resolve) => setImmediate(resolve));
      this.running -= 1;
      return passwordHash === password;
    },
  });
  signIn = (username: string, password: string) => this.authenticate.execute({ username, password, address });
}

let world: World;
beforeEach(() => {
  world = new World();
});

it('knows an account by its password, its name in any case', async () => {
  expect(await world.signIn('alice', 'secret')).toBe(world.account);
  expect(await world.signIn('Alice', 'secret')).toBe(world.account);
});

it('limit username-length, limit password-length: knows an account whose name and password are as long as they may be', async () => {
  const [name, password] = ['a'.repeat(255), 'p'.repeat(1024)];
  world.account = { ...world.account, username: name, passwordHash: password } as Account;
  expect(await world.signIn(name, password)).toBe(world.account);
  expect(world.checks).toHaveLength(1);
  world.account = { ...world.account, username: `${name}a`, passwordHash: `${password}p` } as Account;
  expect(await world.signIn(`${name}a`, password)).toBeUndefined();
  expect(await world.signIn(name, `${password}p`)).toBeUndefined();
  expect(world.checks).toHaveLength(1);
});

it('checks each of several unknown names, also with one password at one time', async () => {
  await Promise.all(['bob', 'carol', 'dave'].map((name) => world.signIn(name, 'secret')));
  expect(world.checks).toHaveLength(3);
});

it('checks an unknown name as well, and knows nobody', async () => {
  expect(await world.signIn('bob', 'secret')).toBeUndefined();
  expect(world.hashes).toEqual([expect.stringMatching(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)]);
});

it('knows nobody by a wrong password', async () => {
  expect(await world.signIn('alice', 'wrong')).toBeUndefined();
});

it('asks for the account each time, also while a pair is remembered', async () => {
  await world.signIn('alice', 'secret');
  world.account = undefined;
  expect(await world.signIn('alice', 'secret')).toBeUndefined();
});

it('checks a pair once a minute', async () => {
  await world.signIn('alice', 'secret');
  world.now = 59_999;
  await world.signIn('alice', 'secret');
  expect(world.checks).toHaveLength(1);
  world.now = 60_000;
  await world.signIn('alice', 'secret');
  expect(world.checks).toHaveLength(2);
});

it('forgets a pair with the change of its password', async () => {
  await world.signIn('alice', 'secret');
  world.account = { ...(world.account as Account), passwordHash: 'changed' };
  expect(await world.signIn('alice', 'secret')).toBeUndefined();
  expect(await world.signIn('alice', 'changed')).toBeDefined();
});

it('shares one check among equal pairs and runs two at a time', async () => {
  const same = Array.from({ length: 20 }, () => world.signIn('alice', 'secret'));
  const others = Array.from({ length: 5 }, (_, index) => world.signIn('alice', `wrong ${index}`));
  await Promise.all([...same, ...others]);
  expect(world.checks.filter((password) => password === 'secret')).toHaveLength(1);
  expect(world.mostRunning).toBe(2);
});

it('takes equal wrong pairs at the same time for one guess', async () => {
  await Promise.all(Array.from({ length: 50 }, () => world.signIn('alice', 'wrong')));
  const burst = Array.from({ length: 50 }, () => world.signIn('alice', 'secret'));
  expect((await Promise.all(burst)).every((principal) => principal !== undefined)).toBe(true);
  expect(world.checks).toEqual(['wrong', 'secret']);
});

it('lets a pair that was right today pass the brake, whatever is guessed from its address', async () => {
  await world.signIn('alice', 'secret');
  for (let guess = 0; guess < 20; guess += 1) await world.signIn('alice', `wrong ${guess}`);
  world.now = 61_000;
  const guesses = Array.from({ length: 10 }, (_, index) => world.signIn('alice', `more ${index}`));
  const robot = world.signIn('alice', 'secret');
  const refused = (await Promise.allSettled(guesses)).filter(({ status }) => status === 'rejected');
  expect(refused).toHaveLength(7);
  expect(await robot).toBeDefined();
});

it.each([
  ['an empty name', '', 'secret'],
  ['an empty password', 'alice', ''],
  ['a NUL in the name', 'ali\0ce', 'secret'],
  ['a name of 256 characters', 'a'.repeat(256), 'secret'],
  ['a password of 1025 characters', 'alice', 'a'.repeat(1025)],
])('refuses %s without a check', async (_, username, password) => {
  expect(await world.signIn(username, password)).toBeUndefined();
  expect([world.asked, world.checks]).toEqual([[], []]);
});

it('hashes with argon2id at 19 MiB, two passes and one lane', async () => {
  const stored = await hashPassword('secret');
  expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect([await verifyPassword(stored, 'secret'), await verifyPassword(stored, 'Secret')]).toEqual([true, false]);
});
