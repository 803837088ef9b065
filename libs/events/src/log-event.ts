/** One event as a log carries it, before it has a place there. */
export interface LogEvent {
  /** A UUID that is made with the event; the same one if it is sent again. */
  readonly id: string;
  readonly topic: string;
  /** Events of one key keep their order: the id of a repository, `project:<id>`, `store`. */
  readonly key: string;
  /** One of the catalogue, or one that a newer version knows. */
  readonly type: string;
  /** CloudEvents `subject`: the path, and the digest where there is one. */
  readonly subject: string;
  /** Version of the repository, project or store after this event; without gaps (T8). */
  readonly aggregateVersion: number;
  /** When it was written, by the database's clock; for people, never for order. */
  readonly time: Date;
  readonly data: unknown;
}

/** An event where a log has put it. */
export interface PlacedEvent extends LogEvent {
  readonly partition: number;
  /** Rises within a partition. */
  readonly position: number;
}
