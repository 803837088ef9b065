import { CollectorTables, EventTables, RegistryTables } from './tables.js';
import { Transaction, type Waiting } from './transaction.js';

/** What PostgreSQL keeps, in memory: the tables of all services, and its clock. */
export class Database {
  readonly registry = new RegistryTables();
  readonly events = new EventTables();
  readonly gc = new CollectorTables();
  private lastXid = 0;
  private readonly open = new Set<Transaction>();

  /** @param clock milliseconds; `clock_timestamp()`. */
  constructor(readonly clock: () => number) {}

  begin(waiting: Waiting): Transaction {
    this.lastXid += 1;
    const transaction = new Transaction(this.lastXid, waiting);
    this.open.add(transaction);
    return transaction;
  }

  end(transaction: Transaction, isCommitted: boolean): void {
    this.open.delete(transaction);
    transaction.end(isCommitted);
  }

  /** `pg_snapshot_xmin`: every lower one is settled. */
  get oldestOpenXid(): number {
    return Math.min(this.lastXid + 1, ...[...this.open].map(({ xid }) => xid));
  }
}
