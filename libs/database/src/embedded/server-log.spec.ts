import { appendFileSync, closeSync, mkdtempSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerLog } from './server-log.js';

describe('ServerLog', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lading-spec-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('stays bounded while its writer keeps the file open', () => {
    const log = new ServerLog(join(folder, 'log'), 100);
    const fd = log.open();
    for (let line = 0; line < 50; line += 1) {
      writeSync(fd, `line ${line}\n`);
      log.rotate();
    }
    closeSync(fd);
    expect(statSync(log.path).size + statSync(`${log.path}.1`).size).toBeLessThan(220);
    const kept = readFileSync(`${log.path}.1`, 'utf8') + readFileSync(log.path, 'utf8');
    expect(kept).toMatch(/line 48\nline 49\n$/);
  });

  it('answers the last lines after an offset, without timestamps', () => {
    const log = new ServerLog(join(folder, 'log'));
    appendFileSync(log.path, 'old\n');
    const from = log.size();
    appendFileSync(
      log.path,
      '2026-01-02 03:04:05.678 UTC [99] FATAL:  first\n\n2026-01-02 03:04:05.679 UTC [99] HINT:  second\n',
    );
    expect(log.lastLines(from)).toEqual(['FATAL:  first', 'HINT:  second']);
    expect(log.lastLines(from, 1)).toEqual(['HINT:  second']);
  });
});
