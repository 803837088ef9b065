/** How far an endpoint has come, and what became of what was sent. */
export interface Queue {
  /** Of the last event that is behind it. */
  cursor: string;
  readonly counts: QueueCounts;
  lastError: string | null;
  lastErrorAt: Date | null;
  lastSuccessAt: Date | null;
}

/** In events, as the CNCF registry counts them; `statuses` by text such as `200 OK`. */
export interface QueueCounts {
  /** Made for this endpoint. */
  events: number;
  /** Delivered. */
  successes: number;
  /** Answered with a status that is no success; each try counts. */
  failures: number;
  /** Without an answer; each try counts. */
  errors: number;
  /** Given up because they were too old. */
  dropped: number;
  readonly statuses: Record<string, number>;
}

/** Delivered is any 2xx and 3xx (EVT-17). */
export function isDelivered(status: number): boolean {
  return status >= 200 && status < 400;
}
