import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { linkLibraries } from './link-libraries.js';

it('makes the links that a skipped install script left out, and may run again', () => {
  const root = mkdtempSync(join(tmpdir(), 'lading-spec-'));
  try {
    mkdirSync(join(root, 'native/lib'), { recursive: true });
    writeFileSync(join(root, 'native/lib/libx.so.6.18'), 'library');
    const links = ['libx.so', 'libx.so.6'].map((name) => ({
      source: 'native/lib/libx.so.6.18',
      target: `native/lib/${name}`,
    }));
    writeFileSync(join(root, 'native/pg-symlinks.json'), JSON.stringify(links));
    linkLibraries(root);
    linkLibraries(root);
    expect(readFileSync(join(root, 'native/lib/libx.so'), 'utf8')).toBe('library');
    expect(readFileSync(join(root, 'native/lib/libx.so.6'), 'utf8')).toBe('library');
  } finally {
    rmSync(root, { recursive: true });
  }
});
