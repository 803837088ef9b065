import type { Pool, QueryConfig, QueryResult } from 'pg';
import type { Database } from './database.js';
import { type LockClause, lockClauseOf } from './row-locks.js';
import type { Answer, Statement } from './statement.js';
import { Transaction, type Waiting } from './transaction.js';

/** Who decides when a connection's next statement is carried out, and what it is by then. */
export interface Turns extends Waiting {
  /**
   * Settles when it is this one's turn.
   *
   * @param isMeeting whether others can tell when it is: it locks, or what was done becomes visible.
   */
  next(what: string, isMeeting: boolean): Promise<void>;
  /** The statement to carry out in place of one of the product's; the same unless a mutant says otherwise. */
  textOf(name: string, text: string): string;
  statementOf(name: string): Statement;
}

type Query = string | (QueryConfig & { values?: unknown[] });

/** One connection. Transactions, advisory locks and statements as `transaction` of libs/database sends them. */
class Connection {
  private transaction: Transaction | undefined;

  constructor(
    private readonly db: Database,
    private readonly turns: Turns,
    private readonly opened: Set<Transaction>,
    /** For one statement, which is committed with it. */
    private readonly isAlone: boolean,
  ) {}

  async query(query: Query): Promise<Partial<QueryResult>> {
    if (typeof query !== 'string') return this.run(query);
    const [command = ''] = query.split(/[ ;]/, 1);
    if (command === 'commit') return this.commit();
    if (command === 'rollback') return this.rollback();
    if (command === 'begin') this.begin();
    await this.takeAdvisory(query);
    return {};
  }

  release(): void {
    if (this.transaction) this.finish(false);
  }

  on(): void {}

  off(): void {}

  begin(): void {
    this.transaction = this.db.begin(this.turns);
    this.opened.add(this.transaction);
  }

  finish(isCommitted: boolean): void {
    const { transaction } = this;
    if (!transaction) return;
    this.transaction = undefined;
    this.opened.delete(transaction);
    this.db.end(transaction, isCommitted);
  }

  async run({ name, text, values = [] }: QueryConfig & { values?: unknown[] }): Promise<Partial<QueryResult>> {
    const transaction = this.transaction as Transaction;
    const { label, lock } = readText(name, text);
    await this.turns.next(label, lock !== undefined || this.isAlone);
    try {
      if (transaction.isBroken) throw new Error('the transaction is aborted');
      const changed = this.turns.textOf(label, text);
      const step = { db: this.db, transaction, lock: changed === text ? lock : lockClauseOf(changed), text: changed };
      return toResult(await this.turns.statementOf(label)(step, values as never));
    } catch (error) {
      transaction.isBroken = true;
      throw error;
    }
  }

  private async commit(): Promise<Partial<QueryResult>> {
    await this.turns.next('commit', true);
    const isBroken = this.transaction?.isBroken;
    this.finish(true);
    return { command: isBroken ? 'ROLLBACK' : 'COMMIT' };
  }

  private rollback(): Partial<QueryResult> {
    this.finish(false);
    return {};
  }

  private async takeAdvisory(text: string): Promise<void> {
    const wanted = [...text.matchAll(/pg_advisory_xact_lock(_shared)?\(([\d, ]+)\)/g)];
    if (wanted.length === 0) return;
    await this.turns.next('edge locks', true);
    for (const [, shared, key] of wanted) {
      const cell = this.db.registry.advisory.cell(key as string);
      await (this.transaction as Transaction).take(cell, { mode: shared ? 'SHARE' : 'UPDATE', skips: false });
    }
  }
}

/** The connections of one process, which end with it. */
export class SimulatedPool {
  private readonly opened = new Set<Transaction>();

  constructor(
    private readonly db: Database,
    private readonly turns: Turns,
  ) {}

  async connect(): Promise<Connection> {
    return new Connection(this.db, this.turns, this.opened, false);
  }

  /** A statement by itself is a transaction of its own. */
  async query(text: Query, values?: unknown[]): Promise<Partial<QueryResult>> {
    const connection = new Connection(this.db, this.turns, this.opened, true);
    connection.begin();
    try {
      const result = await connection.run(typeof text === 'string' ? { text, values } : text);
      connection.finish(true);
      return result;
    } catch (error) {
      connection.finish(false);
      throw error;
    }
  }

  /** The process is gone: PostgreSQL rolls back what it had open. */
  cut(): void {
    for (const transaction of this.opened) this.db.end(transaction, false);
    this.opened.clear();
  }

  /** As the product's code knows it. */
  get asPool(): Pool {
    return this as unknown as Pool;
  }
}

function toResult(answer: Answer): Partial<QueryResult> {
  if (typeof answer === 'number') return { rows: [], rowCount: answer };
  return { rows: answer as never[], rowCount: answer.length };
}

interface Read {
  readonly label: string;
  readonly lock: LockClause | undefined;
}

const texts = new Map<string, Read>();

/** A statement's name and lock; of those that are named after a hash of their text the text itself is the name. */
function readText(name: string | undefined, text: string): Read {
  const known = texts.get(text);
  if (known) return known;
  const label = name !== undefined && name.length !== 32 ? name : text.trim().replace(/\s+/g, ' ');
  const read = { label, lock: lockClauseOf(text) };
  texts.set(text, read);
  return read;
}
