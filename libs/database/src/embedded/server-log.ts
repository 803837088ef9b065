import { closeSync, copyFileSync, existsSync, openSync, readSync, statSync, truncateSync } from 'node:fs';

/**
 * The server writes its log itself, so that it can outlive this process. `rotate()` keeps the file and its
 * predecessor `<path>.1` bounded: past `limit` bytes it copies and truncates (the server appends, so it goes on at the
 * new end; a line written between the two steps is lost).
 */
export class ServerLog {
  constructor(
    readonly path: string,
    private readonly limit = 10 * 1024 * 1024,
  ) {}

  /** A descriptor in append mode, for the server's output. */
  open(): number {
    this.rotate();
    return openSync(this.path, 'a', 0o600);
  }

  rotate(): void {
    if (!existsSync(this.path) || statSync(this.path).size <= this.limit) return;
    copyFileSync(this.path, `${this.path}.1`);
    truncateSync(this.path);
  }

  size(): number {
    return existsSync(this.path) ? statSync(this.path).size : 0;
  }

  /** The last `count` lines written after byte `from`, without their timestamps. */
  lastLines(from: number, count = 3): string[] {
    const text = readFrom(this.path, Math.max(from, this.size() - 64 * 1024));
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    return lines.slice(-count).map((line) => line.replace(/^\d{4}-\d\d-\d\d [\d:.]+ \w+ (\[\d+\] )?/, '').trim());
  }
}

function readFrom(path: string, offset: number): string {
  if (!existsSync(path)) return '';
  const fd = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(Math.max(0, statSync(path).size - offset));
    readSync(fd, buffer, 0, buffer.length, offset);
    return buffer.toString('utf8');
  } finally {
    closeSync(fd);
  }
}
