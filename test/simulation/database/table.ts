import { doConflict, type LockMode, stronger } from './row-locks.js';

/** A transaction, as far as a row knows it. */
export interface Holder {
  readonly xid: number;
}

/** One row: what is committed, and what the one transaction that writes it has made of it. */
export class Cell<Row extends object = object> {
  private committed: Row | undefined;
  private pending: Row | undefined;
  private writer: Holder | undefined;
  private readonly holders = new Map<Holder, LockMode>();

  constructor(
    private readonly table: Table<Row>,
    readonly key: string,
  ) {}

  /** The row as a transaction sees it now; undefined where there is none, or not yet, or not any more. */
  see(transaction: Holder | undefined): Row | undefined {
    return transaction !== undefined && this.writer === transaction ? this.pending : this.committed;
  }

  /** Who holds the row in a way that keeps this lock from being taken. */
  inTheWay(transaction: Holder, mode: LockMode): Holder[] {
    return [...this.holders].flatMap(([other, held]) =>
      other !== transaction && doConflict(mode, held) ? [other] : [],
    );
  }

  /** Who has written the row and not ended. */
  get writtenBy(): Holder | undefined {
    return this.writer;
  }

  hold(transaction: Holder, mode: LockMode): void {
    this.holders.set(transaction, stronger(mode, this.holders.get(transaction)));
  }

  /** @param row undefined deletes. */
  write(transaction: Holder, row: Row | undefined): void {
    this.writer = transaction;
    this.pending = row;
  }

  /** The transaction ends. */
  settle(transaction: Holder, isCommitted: boolean): void {
    this.holders.delete(transaction);
    if (this.writer === transaction) {
      if (isCommitted) this.committed = this.pending;
      this.writer = undefined;
      this.pending = undefined;
    }
    if (this.committed === undefined && this.writer === undefined && this.holders.size === 0) this.table.drop(this);
  }
}

/** Rows by a key, which is what is unique about them. */
export class Table<Row extends object> {
  private readonly cells = new Map<string, Cell<Row>>();
  private lastId = 0;

  constructor(readonly name: string) {}

  /** The row's place, which is there before the row is. */
  cell(key: string): Cell<Row> {
    const known = this.cells.get(key);
    if (known) return known;
    const made = new Cell<Row>(this, key);
    this.cells.set(key, made);
    return made;
  }

  /** Of rows that a transaction sees, in the order in which they were made. */
  where(transaction: Holder | undefined, matches: (row: Row) => boolean): Cell<Row>[] {
    const found: Cell<Row>[] = [];
    for (const cell of this.cells.values()) {
      const row = cell.see(transaction);
      if (row !== undefined && matches(row)) found.push(cell);
    }
    return found;
  }

  rows(transaction?: Holder): Row[] {
    const found: Row[] = [];
    for (const cell of this.cells.values()) {
      const row = cell.see(transaction);
      if (row !== undefined) found.push(row);
    }
    return found;
  }

  /** Places of rows that others have written and not committed. */
  unsettled(transaction: Holder): Cell<Row>[] {
    return [...this.cells.values()].filter(({ writtenBy }) => writtenBy !== undefined && writtenBy !== transaction);
  }

  /** A sequence gives no number twice, also not what was rolled back. */
  nextId(): number {
    this.lastId += 1;
    return this.lastId;
  }

  drop(cell: Cell<Row>): void {
    this.cells.delete(cell.key);
  }
}
