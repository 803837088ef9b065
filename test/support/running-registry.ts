/** A registry under test, reached over HTTP and nothing else. */
export interface Registry {
  /** `http://127.0.0.1:<port>` (or what `LADING_HOST` asks for), without a slash at the end. */
  readonly url: string;
  /** `127.0.0.1:<port>`, as in an image's name. */
  readonly host: string;
  readonly user: string;
  readonly password: string;
  readonly dataDir: string;
  /** Data directory of its PostgreSQL. Throws where the test did not start that. */
  readonly databaseDir: string;
  /** Its processes, first the one that serves `/v2/`; others after `restart`. */
  readonly pids: readonly number[];
  /** Ends it and removes its data. */
  stop(): Promise<void>;
  /** SIGKILL to every process of it. The data stays: call `restart` or `stop`. */
  kill9(): Promise<void>;
  /** Ends it, if it still runs, and starts it again with the same address and data. */
  restart(): Promise<void>;
}
