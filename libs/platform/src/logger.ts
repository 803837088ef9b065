import { type DestinationStream, type Logger as PinoLogger, pino, destination as pinoDestination } from 'pino';
import { redact } from './redact.js';

export type Logger = PinoLogger;
export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug';

const STDERR = 2;
/** Bytes collected before a write; a line waits at most `FLUSH_MS` for it. */
const BUFFER_BYTES = 4096;
const FLUSH_MS = 250;

export interface LoggerOptions {
  readonly service: string;
  readonly level: LogLevel;
  /** Left out: stderr, written asynchronously in blocks, flushed at exit and after a fatal line. */
  readonly destination?: DestinationStream;
}

/** JSON lines with an ISO time and the service's name; credentials are masked by field name (`redact`). */
export function createLogger({ service, level, destination = bufferedStderr() }: LoggerOptions): Logger {
  return pino(
    {
      level,
      base: { service },
      timestamp: isoTime,
      formatters: { level: (label) => ({ level: label }), log: redact },
    },
    destination,
  );
}

let stampedAt = 0;
let stamp = '';

/** pino's ISO time, written out once for all lines of a millisecond. */
function isoTime(): string {
  const now = Date.now();
  if (now === stampedAt) return stamp;
  stampedAt = now;
  stamp = `,"time":"${new Date(now).toISOString()}"`;
  return stamp;
}

function bufferedStderr(): DestinationStream {
  return pinoDestination({ dest: STDERR, sync: false, minLength: BUFFER_BYTES, periodicFlush: FLUSH_MS });
}
