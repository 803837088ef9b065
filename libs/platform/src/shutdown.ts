import type { Logger } from './logger.js';

/**
 * One ordered way out of the process. Phases run one after another in the order they were named, each with its own
 * time; a phase that fails or runs late is logged and the next one starts, so that the database still stops cleanly
 * when a socket does not. Afterwards nothing should hold the event loop and the process ends by itself; when it does
 * not, or when all phases together take longer than `timeoutMs`, it is ended with a line that names the phase.
 */
export interface Shutdown {
  /** Adds a step. `signal` aborts when the step's time is over. */
  phase(name: string, run: (signal: AbortSignal) => unknown, options?: { readonly timeoutMs?: number }): void;
  /** Starts on SIGTERM or SIGINT; a second one, `REPEAT_MS` or more later, ends the process at once with exit code 1. */
  listen(): void;
  /** Starts now; every call gives the same promise of the exit code: 0, or 1 when a phase failed. */
  run(reason: string): Promise<number>;
}

/** Ctrl-C reaches the server from the terminal, from npm and from the start script; within this time they are one. */
const REPEAT_MS = 500;

export interface ShutdownOptions {
  readonly logger: Logger;
  /** For all phases together and for the event loop to empty. */
  readonly timeoutMs: number;
  /** The process to listen on and to end; another one in tests. */
  readonly host?: ShutdownHost;
}

export interface ShutdownHost {
  exitCode?: number | string | null | undefined;
  on(signal: 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
  exit(code: number): void;
}

interface Phase {
  readonly name: string;
  readonly run: (signal: AbortSignal) => unknown;
  readonly timeoutMs: number;
}

export function createShutdown(options: ShutdownOptions): Shutdown {
  const { logger, timeoutMs, host = process } = options;
  const phases: Phase[] = [];
  const progress = { current: 'the first phase' };
  let outcome: Promise<number> | undefined;
  let firstSignalAt = 0;

  const run = (reason: string): Promise<number> => {
    outcome ??= runPhases(phases, reason, progress, { logger, timeoutMs, host });
    return outcome;
  };
  const onSignal = (signal: string): void => {
    if (outcome === undefined) {
      firstSignalAt = Date.now();
      void run(signal);
      return;
    }
    if (Date.now() - firstSignalAt < REPEAT_MS) return;
    logger.fatal({ phase: progress.current }, 'stopped at once by a second signal');
    host.exit(1);
  };

  return {
    phase: (name, work, { timeoutMs: its = timeoutMs } = {}) => {
      phases.push({ name, run: work, timeoutMs: its });
    },
    listen: () => {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) host.on(signal, () => onSignal(signal));
    },
    run,
  };
}

/** One after another, `progress` always at the one that runs. Resolves with the exit code. */
async function runPhases(
  phases: readonly Phase[],
  reason: string,
  progress: { current: string },
  { logger, timeoutMs, host }: Required<ShutdownOptions>,
): Promise<number> {
  logger.info({ reason }, 'stopping');
  setTimeout(() => {
    logger.fatal({ phase: progress.current, timeoutMs }, 'the stop took too long');
    host.exit(1);
  }, timeoutMs).unref();
  let code = 0;
  for (const phase of phases) {
    progress.current = phase.name;
    const error = await failureOf(phase);
    if (error === undefined) continue;
    code = 1;
    logger.error({ err: error, phase: phase.name }, 'a phase of the stop failed');
  }
  progress.current = 'emptying the event loop';
  host.exitCode = code;
  logger.info({ code }, 'stopped');
  return code;
}

/** What went wrong in a phase, or undefined. */
async function failureOf(phase: Phase): Promise<Error | undefined> {
  const late = new AbortController();
  const { promise, reject } = withReject();
  const timer = setTimeout(() => {
    const error = new Error(`${phase.name} took longer than ${phase.timeoutMs} ms`);
    late.abort(error);
    reject(error);
  }, phase.timeoutMs);
  try {
    await Promise.race([(async () => phase.run(late.signal))(), promise]);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    clearTimeout(timer);
  }
}

function withReject(): { promise: Promise<never>; reject: (error: Error) => void } {
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<never>((_, refuse) => {
    reject = refuse;
  });
  return { promise, reject };
}
