import type { PartitionOf } from './consumer-places.js';
import type { PlacedEvent } from './log-event.js';

/** Milliseconds before the second try, doubling up to the longest. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

interface Setback {
  /** Position of the event that went wrong; undefined when none was in hand. */
  readonly position: number | undefined;
  /** How often it went wrong for a reason of its own. */
  readonly tries: number;
  /** In a row, for any reason. */
  readonly failures: number;
  readonly error: unknown;
  readonly dueAt: number;
}

/**
 * What went wrong in which partition, as one member remembers it. An error that passes (a database that is away) is no
 * fault of the event and never counts against it. Until the event that went wrong is behind, its partition is handled one
 * event at a time, so that those before it do not share its fate.
 */
export class Setbacks {
  private readonly byPlace = new Map<string, Setback>();

  /**
   * @param most tries of an event before it is given up.
   * @param now milliseconds of a clock that never goes back.
   */
  constructor(
    private readonly most: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  note(place: PartitionOf, event: PlacedEvent | undefined, error: unknown, passing: boolean): void {
    const before = this.byPlace.get(keyOf(place));
    const position = event?.position ?? before?.position;
    const same = before !== undefined && before.position === position;
    const failures = (before?.failures ?? 0) + 1;
    const tries = (same ? before.tries : 0) + (passing ? 0 : 1);
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 16));
    this.byPlace.set(keyOf(place), { position, tries, failures, error, dueAt: this.now() + pause });
  }

  isDue(place: PartitionOf): boolean {
    return this.now() >= (this.byPlace.get(keyOf(place))?.dueAt ?? 0);
  }

  /** How many events to handle in one transaction. */
  batchOf(place: PartitionOf, usual: number): number {
    return this.byPlace.get(keyOf(place))?.position === undefined ? usual : 1;
  }

  /** The last error of an event that was tried often enough. */
  givenUp(event: PlacedEvent): { error: unknown } | undefined {
    const setback = this.byPlace.get(keyOf(event));
    if (setback === undefined || setback.position !== event.position || setback.tries < this.most) return undefined;
    return { error: setback.error };
  }

  /** Events up to this position were handled, or none were there. */
  passed(place: PartitionOf, position: number): void {
    const setback = this.byPlace.get(keyOf(place));
    if (setback && (setback.position ?? 0) <= position) this.byPlace.delete(keyOf(place));
  }
}

const keyOf = ({ topic, partition }: PartitionOf): string => `${topic} ${partition}`;
