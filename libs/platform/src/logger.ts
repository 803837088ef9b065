import {
  type DestinationStream,
  type Logger as PinoLogger,
  pino,
  destination as pinoDestination,
  stdTimeFunctions,
} from 'pino';
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
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: redact },
    },
    destination,
  );
}

function bufferedStderr(): DestinationStream {
  return pinoDestination({ dest: STDERR, sync: false, minLength: BUFFER_BYTES, periodicFlush: FLUSH_MS });
}
