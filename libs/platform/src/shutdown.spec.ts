import { createLogger } from './logger.js';
import { createShutdown, type ShutdownHost } from './shutdown.js';

class FakeProcess implements ShutdownHost {
  exitCode: number | undefined;
  readonly exits: number[] = [];
  readonly #listeners = new Map<string, () => void>();

  on(signal: 'SIGTERM' | 'SIGINT', listener: () => void): void {
    this.#listeners.set(signal, listener);
  }

  exit(code: number): void {
    this.exits.push(code);
  }

  send(signal: 'SIGTERM' | 'SIGINT'): void {
    this.#listeners.get(signal)?.();
  }
}

function setUp(timeoutMs = 1000) {
  const lines: { msg: string; phase?: string }[] = [];
  const logger = createLogger({
    service: 'test',
    level: 'info',
    destination: { write: (line) => lines.push(JSON.parse(line)) },
  });
  const host = new FakeProcess();
  return { shutdown: createShutdown({ logger, timeoutMs, host }), host, lines };
}

describe('createShutdown', () => {
  it('runs the phases one after another in their order, once, and leaves with 0', async () => {
    const { shutdown, host } = setUp();
    const seen: string[] = [];
    shutdown.phase('http', async () => {
      seen.push('http starts');
      await new Promise(setImmediate);
      seen.push('http ends');
    });
    shutdown.phase('database', () => seen.push('database'));
    shutdown.listen();
    host.send('SIGTERM');
    expect(await shutdown.run('again')).toBe(0);
    expect(seen).toEqual(['http starts', 'http ends', 'database']);
    expect(host).toMatchObject({ exitCode: 0, exits: [] });
  });

  it('goes on after a phase that fails, and leaves with 1', async () => {
    const { shutdown, host, lines } = setUp();
    const database = jest.fn();
    shutdown.phase('http', () => {
      throw new Error('socket');
    });
    shutdown.phase('database', database);
    expect(await shutdown.run('test')).toBe(1);
    expect(database).toHaveBeenCalledTimes(1);
    expect(host.exitCode).toBe(1);
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'a phase of the stop failed', phase: 'http' }));
  });

  it('gives up a phase when its own time is over, and tells it so', async () => {
    const { shutdown, lines } = setUp();
    let told: AbortSignal | undefined;
    const never = (signal: AbortSignal) => {
      told = signal;
      return new Promise(() => {});
    };
    shutdown.phase('http', never, { timeoutMs: 5 });
    expect(await shutdown.run('test')).toBe(1);
    expect(told?.aborted).toBe(true);
    expect(lines).toContainEqual(
      expect.objectContaining({ err: expect.objectContaining({ message: 'http took longer than 5 ms' }) }),
    );
  });

  it('ends the process at once on a second signal, but takes echoes of the first one for the same', () => {
    jest.useFakeTimers();
    try {
      const { shutdown, host } = setUp(60_000);
      shutdown.phase('http', () => new Promise(() => {}));
      shutdown.listen();
      host.send('SIGINT');
      host.send('SIGINT');
      jest.advanceTimersByTime(499);
      host.send('SIGTERM');
      expect(host.exits).toEqual([]);
      jest.advanceTimersByTime(1);
      host.send('SIGINT');
      expect(host.exits).toEqual([1]);
    } finally {
      jest.useRealTimers();
    }
  });

  it('limit stop-wait: ends the process when all phases together take too long, and names the phase', async () => {
    jest.useFakeTimers();
    try {
      const { shutdown, host, lines } = setUp(100);
      shutdown.phase('http', () => new Promise(() => {}), { timeoutMs: 10_000 });
      void shutdown.run('test');
      await jest.advanceTimersByTimeAsync(100);
      expect(host.exits).toEqual([1]);
      expect(lines).toContainEqual(expect.objectContaining({ msg: 'the stop took too long', phase: 'http' }));
    } finally {
      jest.useRealTimers();
    }
  });

  it('ends a process that something still holds after the last phase', async () => {
    jest.useFakeTimers();
    try {
      const { shutdown, host, lines } = setUp(100);
      expect(await shutdown.run('test')).toBe(0);
      jest.advanceTimersByTime(100);
      expect(host.exits).toEqual([1]);
      expect(lines).toContainEqual(expect.objectContaining({ phase: 'emptying the event loop' }));
    } finally {
      jest.useRealTimers();
    }
  });
});
