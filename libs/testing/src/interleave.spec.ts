import { interleave, type Outcome, type Step } from './interleave.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';
import { type TwoConnections, twoConnections } from './two-connections.js';

const sql = (name: string, text: string): Step => ({ name, run: (client) => client.query(text) });
const begin = sql('begin', 'begin');
const commit = sql('commit', 'commit');
const add = (x: number) => sql(`add to ${x}`, `update t set n = n + 1 where x = ${x}`);
const short = (outcomes: Outcome[]) => outcomes.map(({ side, step, kind }) => `${side} ${step}: ${kind}`);

describe('interleave', () => {
  let database: TestDatabase;
  let open: TwoConnections[] = [];
  const connect = async (lockTimeout?: number) => {
    const connections = await twoConnections(database, { lockTimeout });
    open.push(connections);
    return connections;
  };

  beforeAll(async () => {
    database = await createTestDatabase();
    const { a, close } = await twoConnections(database);
    await a.query('create table t (x int primary key, n int not null); insert into t values (1, 0), (2, 0)');
    await close();
  });
  afterEach(async () => {
    for (const connections of open) await connections.close();
    open = [];
  });
  afterAll(() => database.drop());

  it('lists every order once and keeps the order of each side', () => {
    const names = interleave([begin, add(1), commit], [begin, commit]).map(({ name }) => name);
    expect(new Set(names).size).toBe(10);
    expect(names[0]).toBe('a begin, a add to 1, a commit, b begin, b commit');
    expect(names.every((name) => /a begin.*a add to 1.*a commit/.test(name))).toBe(true);
  });

  it('lets a step wait for the lock while the other side goes on, in every order, and loses no addition', async () => {
    const connections = await connect();
    await connections.a.query('update t set n = 0');
    const all = interleave([begin, add(1), commit], [begin, add(1), commit]);
    let waits = 0;
    for (const order of all) {
      const outcomes = await order.run(connections);
      expect(outcomes).toHaveLength(6);
      for (const outcome of outcomes) {
        if (outcome.kind !== 'done') throw new Error(`${order.name}: ${outcome.step} ${outcome.kind}`);
        waits += Number(outcome.waited);
      }
    }
    const { rows } = await connections.a.query('select n from t where x = 1');
    expect(rows).toEqual([{ n: 40 }]);
    // Both additions before both commits: 6 orders of begins and additions times 2 of the commits.
    expect(waits).toBe(12);
  });

  it('reports a step as blocked after the lock timeout, rolls its side back and skips the rest', async () => {
    const connections = await connect(100);
    await connections.a.query('update t set n = 0');
    const order = interleave([begin, add(1), commit], [begin, add(1), commit]).find(
      ({ name }) => name === 'a begin, a add to 1, b begin, b add to 1, a commit, b commit',
    );
    expect(short((await order?.run(connections)) ?? [])).toEqual([
      'a begin: done',
      'a add to 1: done',
      'b begin: done',
      'b add to 1: blocked',
      'a commit: done',
      'b commit: skipped',
    ]);
    expect((await connections.b.query('select n from t where x = 1')).rows).toEqual([{ n: 1 }]);
  });

  it('ends a deadlock with one failed side, and the other completes', async () => {
    const connections = await connect();
    const order = interleave([begin, add(1), add(2), commit], [begin, add(2), add(1), commit]).find(
      ({ name }) => name === 'a begin, b begin, a add to 1, b add to 2, a add to 2, b add to 1, a commit, b commit',
    );
    const outcomes = (await order?.run(connections)) ?? [];
    const failed = outcomes.filter((outcome) => outcome.kind === 'failed');
    expect(failed).toMatchObject([{ code: '40P01' }]);
    const winner = failed[0]?.side === 'a' ? 'b' : 'a';
    expect(short(outcomes)).toContain(`${winner} commit: done`);
    expect(outcomes).toHaveLength(8);
  });
});
