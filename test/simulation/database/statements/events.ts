import { by, type Statements } from '../statement.js';

// The outbox, the log, and how far each group of consumers has come.

const PARTITIONS = 12;
const placeKey = (consumer: string, topic: string, partition: number): string => `${consumer} ${topic} ${partition}`;

type Columns = [
  topics: string[],
  partitions: number[],
  ids: string[],
  keys: string[],
  types: string[],
  subjects: string[],
  versions: number[],
  times: Date[],
  data: string[],
];

const RELAY: Statements = {
  'SELECT pg_try_advisory_xact_lock': async ({ db, transaction }, [key]: [number]) => {
    const cell = db.registry.advisory.cell(`relay ${key}`);
    return [{ taken: await transaction.take(cell, { mode: 'UPDATE', skips: true }) }];
  },
  'SELECT seq, event_id, topic': ({ db, transaction }, [limit]: [number]) =>
    db.registry.outbox
      .rows(transaction)
      .sort(by((row) => row.seq))
      .slice(0, limit)
      .map((row) => ({ ...row, created_at: new Date(row.created_at) })),
  'DELETE FROM registry.outbox': async ({ db, transaction }, [seqs]: [number[]]) => {
    const cells = seqs.map((seq) => db.registry.outbox.cell(`${seq}`));
    return (await transaction.remove(cells, () => true)).length;
  },
};

const PUBLISHER: Statements = {
  'SELECT position FROM events.head': async ({ db, transaction, lock }) => {
    const cell = db.events.head.cell('head');
    if (cell.see(transaction) === undefined) await transaction.insert(db.events.head, 'head', { position: 0 });
    return transaction.lock([cell], lock, () => true);
  },
  'WITH appended AS ( INSERT INTO events.log': async (
    { db, transaction },
    [last, ...columns]: [number, ...Columns],
  ) => {
    const [topics, partitions, ids, keys, types, subjects, versions, times, data] = columns;
    const known = new Set(db.events.log.rows(transaction).map((row) => row.event_id));
    let position = last;
    for (const [n, id] of ids.entries()) {
      if (known.has(id)) continue;
      position += 1;
      const [topic, partition] = [topics[n] as string, partitions[n] as number];
      const row = {
        ...{ position, topic, partition, event_id: id, message_key: keys[n] as string, type: types[n] as string },
        ...{ subject: subjects[n] as string, aggregate_version: versions[n] as number, occurred_at: times[n] as Date },
        data: JSON.parse(data[n] as string),
      };
      await transaction.insert(db.events.log, `${position}`, row);
      const head = { topic, partition, position };
      await transaction.upsert(db.events.heads, `${topic} ${partition}`, head, () => head);
    }
    await transaction.update(
      [db.events.head.cell('head')],
      () => true,
      () => ({ position }),
    );
    return position - last;
  },
};

const CONSUMER: Statements = {
  'INSERT INTO gc.consumer_place': async ({ db, transaction }, [consumer, topics]: [string, string[]]) => {
    for (const topic of topics)
      for (let partition = 0; partition < PARTITIONS; partition += 1) {
        const row = { consumer, topic, partition, next_position: 0 };
        await transaction.insert(db.gc.places, placeKey(consumer, topic, partition), row);
      }
    return 0;
  },
  'SELECT p.topic, p.partition FROM gc.consumer_place': ({ db, transaction }, [consumer]: [string]) =>
    db.gc.places
      .rows(transaction)
      .filter((row) => row.consumer === consumer)
      .filter(
        (row) =>
          (db.events.heads.cell(`${row.topic} ${row.partition}`).see(transaction)?.position ?? -1) >= row.next_position,
      )
      .sort(by((row) => row.next_position)),
  'SELECT next_position FROM gc.consumer_place': (
    { db, transaction, lock },
    [consumer, topic, partition]: [string, string, number],
  ) => transaction.lock([db.gc.places.cell(placeKey(consumer, topic, partition))], lock, () => true),
  'SELECT removed_to FROM events.partition_head': () => [],
  'SELECT position, topic, partition': (
    { db, transaction },
    [topic, partition, from, limit]: [string, number, number, number],
  ) =>
    db.events.log
      .rows(transaction)
      .filter((row) => row.topic === topic && row.partition === partition && row.position >= from)
      .sort(by((row) => row.position))
      .slice(0, limit),
  'UPDATE gc.consumer_place': async (
    { db, transaction },
    [consumer, topic, partition, next]: [string, string, number, number],
  ) => {
    const cell = db.gc.places.cell(placeKey(consumer, topic, partition));
    return (
      await transaction.update(
        [cell],
        () => true,
        () => ({ next_position: next }),
      )
    ).length;
  },
  'INSERT INTO gc.dead_letter': async ({ db, transaction }, values: unknown[]) => {
    const [id, error] = [String(values[4]), String(values[11])];
    return Number(await transaction.insert(db.gc.letters, id, { id, error }));
  },
};

export const EVENT_STATEMENTS: Statements = { ...RELAY, ...PUBLISHER, ...CONSUMER };
