const FORM = /^(\[[0-9a-f:.]+\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?)(?::(\d{1,5}))?$/i;

/** A host and, where it was given, its port. */
export interface UrlHost {
  /** A name of at most 253 characters, an IPv4 address, or an IPv6 address in brackets; as it was written. */
  readonly name: string;
  readonly port: number | undefined;
}

/**
 * Reads the value of a Host header, or of another that names a host.
 *
 * @returns undefined for what may not stand in a URL that is given to a client, such as quotes and line ends.
 */
export function parseUrlHost(text: string): UrlHost | undefined {
  const [, name, port] = FORM.exec(text) ?? [];
  if (name === undefined || name.length > 253 || !URL.canParse(`http://${text}`)) return undefined;
  if (port === undefined) return { name, port };
  return Number(port) > 0 ? { name, port: Number(port) } : undefined;
}
