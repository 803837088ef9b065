export interface TarEntry {
  /** At most 100 bytes; a directory's ends in a slash. */
  name: string;
  /** Contents of a regular file. */
  data?: Buffer;
  /** Target of a symbolic link. */
  link?: string;
  /** Permission bits; 0644 unless told. */
  mode?: number;
}

/** 14 November 2023: nothing in a test image takes the clock's time. */
const MTIME = 1_700_000_000;

/** A tar archive (ustar) that is the same bytes each time. */
export function tar(entries: TarEntry[]): Buffer {
  const blocks = entries.flatMap((entry) => {
    const data = entry.data ?? Buffer.alloc(0);
    return [header(entry, data.length), data, Buffer.alloc((512 - (data.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

function header(entry: TarEntry, size: number): Buffer {
  const block = Buffer.alloc(512);
  const octal = (value: number, at: number, width: number) =>
    block.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at, 'ascii');
  block.write(entry.name, 0, 100);
  octal(entry.mode ?? 0o644, 100, 8);
  octal(0, 108, 8); // owner
  octal(0, 116, 8); // group
  octal(size, 124, 12);
  octal(MTIME, 136, 12);
  block.write(typeFlag(entry), 156);
  block.write(entry.link ?? '', 157, 100);
  block.write('ustar\0' + '00', 257, 'latin1');
  block.write(' '.repeat(8), 148); // The checksum counts its own field as spaces.
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'ascii');
  return block;
}

function typeFlag(entry: TarEntry): string {
  if (entry.link !== undefined) return '2';
  return entry.name.endsWith('/') ? '5' : '0';
}
