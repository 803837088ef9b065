/** The embedded PostgreSQL could not be prepared, started or stopped; `lastLines` are the end of what it said. */
export class PostgresFailed extends Error {
  override readonly name = 'PostgresFailed';
  constructor(
    what: string,
    readonly lastLines: string[] = [],
    options?: ErrorOptions,
  ) {
    super(lastLines.length > 0 ? `${what} Its last words: ${lastLines.join(' | ')}` : what, options);
  }
}
