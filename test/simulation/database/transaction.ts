import type { LockClause, LockMode } from './row-locks.js';
import type { Cell, Table } from './table.js';

/** How a transaction waits; given by whoever decides about the order of things. */
export interface Waiting {
  /** Settles when `isFree` is true and it is this one's turn. */
  until(isFree: () => boolean): Promise<void>;
  /** Told of transactions that wait for each other. */
  deadlocked(): void;
}

/** An error with the code that PostgreSQL gives it. */
export class SqlError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly constraint?: string,
  ) {
    super(message);
  }
}

/**
 * A transaction as PostgreSQL runs it under READ COMMITTED: each statement sees what was committed when it began, and its own
 * writes; who finds a row locked waits for its holder's end and then sees the newest row.
 */
export class Transaction {
  private readonly touched = new Set<Cell<never>>();
  private waitsFor: (() => Transaction[]) | undefined;
  /** A statement failed: nothing but ROLLBACK is left. */
  isBroken = false;
  isOver = false;

  constructor(
    readonly xid: number,
    private readonly waiting: Waiting,
  ) {}

  /** @returns false for a row that is skipped. Whoever gets a lock has to look at the row again: `see` tells the newest. */
  async take<Row extends object>(cell: Cell<Row>, { mode, skips }: LockClause): Promise<boolean> {
    const inTheWay = () => cell.inTheWay(this, mode) as Transaction[];
    while (inTheWay().length > 0) {
      if (skips) return false;
      await this.wait(inTheWay);
    }
    this.hold(cell, mode);
    return true;
  }

  /** Waits until nobody else is writing the row, without a lock: what ON CONFLICT and unique indexes do. */
  async settled<Row extends object>(cell: Cell<Row>): Promise<void> {
    while (this.othersAt(cell).length > 0) await this.wait(() => this.othersAt(cell));
  }

  /**
   * Locks rows one after another and keeps those that still qualify; a row's own columns are looked at again once it is locked,
   * what else the statement looked at is not.
   */
  async lock<Row extends object>(
    cells: readonly Cell<Row>[],
    clause: LockClause | undefined,
    qualifies: (row: Row) => boolean,
  ): Promise<Row[]> {
    const rows: Row[] = [];
    for (const cell of cells) {
      if (clause && !(await this.take(cell, clause))) continue;
      const row = cell.see(this);
      if (row !== undefined && qualifies(row)) rows.push(row);
    }
    return rows;
  }

  /** Changes rows that qualify, each locked first as UPDATE does. @returns them as they are now. */
  async update<Row extends object>(
    cells: readonly Cell<Row>[],
    qualifies: (row: Row) => boolean,
    change: (row: Row) => Partial<Row>,
  ): Promise<Row[]> {
    const rows: Row[] = [];
    for (const cell of cells) {
      await this.take(cell, WRITE);
      const row = cell.see(this);
      if (row === undefined || !qualifies(row)) continue;
      const changed = { ...row, ...change(row) };
      this.write(cell, changed);
      rows.push(changed);
    }
    return rows;
  }

  /** Deletes rows that qualify. @returns them as they were. */
  async remove<Row extends object>(cells: readonly Cell<Row>[], qualifies: (row: Row) => boolean): Promise<Row[]> {
    const rows: Row[] = [];
    for (const cell of cells) {
      await this.take(cell, DELETE);
      const row = cell.see(this);
      if (row === undefined || !qualifies(row)) continue;
      this.write(cell, undefined);
      rows.push(row);
    }
    return rows;
  }

  /** Puts a row where there is none. @returns false where there is one, or another transaction put one meanwhile. */
  async insert<Row extends object>(table: Table<Row>, key: string, row: Row): Promise<boolean> {
    // A place whose row was deleted meanwhile is no place any more.
    let cell = table.cell(key);
    while (this.othersAt(cell).length > 0) {
      await this.settled(cell);
      cell = table.cell(key);
    }
    if (cell.see(this) !== undefined) return false;
    this.hold(cell, 'UPDATE');
    this.write(cell, row);
    return true;
  }

  /** INSERT ... ON CONFLICT DO UPDATE. @param change undefined leaves the row as it is, and locked. */
  async upsert<Row extends object>(
    table: Table<Row>,
    key: string,
    row: Row,
    change: (before: Row) => Partial<Row> | undefined,
  ): Promise<{ row: Row; isWritten: boolean }> {
    while (!(await this.insert(table, key, row))) {
      const cell = table.cell(key);
      await this.take(cell, WRITE);
      const before = cell.see(this);
      if (before === undefined) continue;
      const changes = change(before);
      const after = { ...before, ...changes };
      if (changes !== undefined) this.write(cell, after);
      return { row: after, isWritten: changes !== undefined };
    }
    return { row, isWritten: true };
  }

  /** A foreign key: the row that is named may not be deleted meanwhile. @throws SqlError where it is not there. */
  async refer<Row extends object>(cell: Cell<Row>): Promise<void> {
    await this.take(cell, REFER);
    if (cell.see(this) === undefined) throw new SqlError('23503', `nothing to refer to at ${cell.key}`);
  }

  end(isCommitted: boolean): void {
    if (this.isOver) return;
    this.isOver = true;
    for (const cell of this.touched) cell.settle(this, isCommitted && !this.isBroken);
  }

  private othersAt<Row extends object>({ writtenBy }: Cell<Row>): Transaction[] {
    return writtenBy === undefined || writtenBy === this ? [] : [writtenBy as Transaction];
  }

  private hold<Row extends object>(cell: Cell<Row>, mode: LockMode): void {
    this.touched.add(cell as unknown as Cell<never>);
    cell.hold(this, mode);
  }

  private write<Row extends object>(cell: Cell<Row>, row: Row | undefined): void {
    this.touched.add(cell as unknown as Cell<never>);
    cell.write(this, row);
  }

  private async wait(inTheWay: () => Transaction[]): Promise<void> {
    this.waitsFor = inTheWay;
    if (this.isInCircle()) {
      this.waitsFor = undefined;
      this.waiting.deadlocked();
      throw new SqlError('40P01', 'transactions wait for each other');
    }
    await this.waiting.until(() => inTheWay().length === 0);
    this.waitsFor = undefined;
  }

  private isInCircle(): boolean {
    const seen = new Set<Transaction>();
    const next = [...(this.waitsFor?.() ?? [])];
    for (let each = next.pop(); each !== undefined; each = next.pop()) {
      if (each === this) return true;
      if (seen.has(each)) continue;
      seen.add(each);
      next.push(...(each.waitsFor?.() ?? []));
    }
    return false;
  }
}

const WRITE: LockClause = { mode: 'NO KEY UPDATE', skips: false };
const DELETE: LockClause = { mode: 'UPDATE', skips: false };
const REFER: LockClause = { mode: 'KEY SHARE', skips: false };
