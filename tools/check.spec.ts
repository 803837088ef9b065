import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { differences } from './folders.mjs';
import { lineCounts, tooLong } from './repository.mjs';

describe('the parts of npm run check', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'lading-check-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  function write(path: string, text: string): void {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }

  function git(...args: string[]): string {
    const identity = ['-c', 'user.name=t', '-c', 'user.email=t@localhost', '-c', 'commit.gpgsign=false'];
    return execFileSync('git', [...identity, ...args], { cwd: dir, encoding: 'utf8' }).trim();
  }

  it('name the files that two folders do not share', () => {
    for (const [path, text] of [
      ['left/same.ts', '1'],
      ['right/same.ts', '1'],
      ['left/deep/other.ts', '1'],
      ['right/deep/other.ts', '2'],
      ['left/only-left.ts', ''],
      ['right/only-right.ts', ''],
    ] as const)
      write(path, text);
    expect(differences(join(dir, 'left'), join(dir, 'right'))).toEqual([
      'deep/other.ts',
      'only-left.ts',
      'only-right.ts',
    ]);
    expect(differences(join(dir, 'left'), join(dir, 'absent'))).toHaveLength(3);
  });

  it('find files that are too long, new ones too, and leave out generated and ignored ones', () => {
    git('init', '-q', '-b', 'main');
    write('.gitignore', 'dist/\n');
    write('src/short.ts', 'a\n');
    write('src/long.ts', 'a\n'.repeat(3));
    write('src/gen/long.ts', 'a\n'.repeat(3));
    write('dist/long.ts', 'a\n'.repeat(3));
    expect(tooLong(lineCounts(dir, 'src/gen'), 2)).toEqual([{ file: 'src/long.ts', lines: 3 }]);
  });
});
