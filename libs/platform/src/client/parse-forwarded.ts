/** What one proxy wrote: its parameters, by their names in lower case. */
export type ForwardedElement = ReadonlyMap<string, string>;

/** One parameter and what divides it from the next. A value that ought to be quoted and is not is taken all the same. */
const PARAMETER = /[ \t]*(?:([\w!#$%&'*+.^`|~-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*))[ \t]*)?(;|,|$)/y;

/**
 * Reads a `Forwarded` header (RFC 7239 section 4): elements divided by commas, oldest first, each of parameters divided
 * by semicolons. Header lines of the same name arrive joined with a comma.
 *
 * @returns undefined when it is malformed anywhere: an open quote in what a client sent would swallow what a proxy added.
 */
export function parseForwarded(text: string): ForwardedElement[] | undefined {
  const elements: ForwardedElement[] = [];
  let element = new Map<string, string>();
  for (PARAMETER.lastIndex = 0; ; ) {
    const [, name, quoted, bare, end] = PARAMETER.exec(text) ?? [];
    if (end === undefined) return undefined;
    if (name !== undefined) {
      const key = name.toLowerCase();
      if (element.has(key)) return undefined;
      element.set(key, quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '');
    }
    if (end === ';') continue;
    if (element.size > 0) elements.push(element);
    if (end === '') return elements;
    element = new Map();
  }
}
