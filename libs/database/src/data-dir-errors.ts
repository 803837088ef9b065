/** Another running Lading holds the data directory. */
export class DataDirInUse extends Error {
  override readonly name = 'DataDirInUse';
  constructor(
    readonly dataDir: string,
    readonly holder?: number,
  ) {
    super(`The data directory ${dataDir} is in use by ${holder ? `process ${holder}` : 'another process'}.`);
  }
}

/** The data directory cannot be created or written with the rights of this process. */
export class DataDirNotWritable extends Error {
  override readonly name = 'DataDirNotWritable';
  constructor(
    readonly dataDir: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`The data directory ${dataDir} cannot be written (${reason}).`, options);
  }
}

/** The file system of the data directory has no room left. */
export class DiskFull extends Error {
  override readonly name = 'DiskFull';
  constructor(
    readonly dataDir: string,
    options?: ErrorOptions,
  ) {
    super(`No space is left on the disk of the data directory ${dataDir}.`, options);
  }
}

const notWritable = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ELOOP', 'ENAMETOOLONG']);

/** Turns a file system error met in `dataDir` into one of the classes above; any other error comes back as it is. */
export function explainDataDirError(dataDir: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? '';
  if (notWritable.has(code)) return new DataDirNotWritable(dataDir, code, { cause: error });
  if (code === 'ENOSPC' || code === 'EDQUOT') return new DiskFull(dataDir, { cause: error });
  return error;
}
