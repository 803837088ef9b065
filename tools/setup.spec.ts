import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isInstalled } from './setup.mjs';

describe('isInstalled', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'lading-setup-'));
    mkdirSync(join(root, 'node_modules'));
    writeFileSync(join(root, 'package-lock.json'), '{"lockfileVersion":3}');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const stamp = (text: string) =>
    writeFileSync(join(root, 'node_modules/.installed-from'), createHash('sha256').update(text).digest('hex'));

  it('is so once an install from this lock file ended', () => {
    stamp('{"lockfileVersion":3}');
    expect(isInstalled(root)).toBe(true);
  });

  it('is not so after an install that was interrupted, which leaves no stamp', () => {
    expect(isInstalled(root)).toBe(false);
  });

  it('is not so when the lock file changed since', () => {
    stamp('{"lockfileVersion":2}');
    expect(isInstalled(root)).toBe(false);
  });
});
