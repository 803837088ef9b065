import { mkdir, open, opendir, stat, statfs, unlink } from 'node:fs/promises';

/** An open file, as much of it as the store uses. Positions and lengths are bytes. */
export interface OpenFile {
  writev(chunks: readonly Uint8Array[], position: number): Promise<{ bytesWritten: number }>;
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
  stat(): Promise<FileFacts>;
  truncate(length: number): Promise<void>;
  chmod(mode: number): Promise<void>;
  datasync(): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface FileFacts {
  readonly size: number;
  readonly mode: number;
}

/** The calls of node:fs/promises that the store makes, so that a test can record their order and inject faults. */
export interface FileSystem {
  open(path: string, flags: string, mode?: number): Promise<OpenFile>;
  stat(path: string): Promise<FileFacts>;
  mkdir(path: string): Promise<unknown>;
  unlink(path: string): Promise<void>;
  names(path: string): AsyncIterable<string>;
  statfs(path: string): Promise<{ bavail: number; bsize: number }>;
}

/** The file system of the machine. */
export const nodeFileSystem: FileSystem = {
  open,
  stat,
  unlink,
  statfs,
  mkdir: (path) => mkdir(path),
  async *names(path) {
    for await (const entry of await opendir(path, { bufferSize: 512 })) yield entry.name;
  },
};
