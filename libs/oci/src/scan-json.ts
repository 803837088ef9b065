const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

export interface JsonOutline {
  /** Deepest nesting of objects and arrays; the outermost counts 1. */
  depth: number;
  /** Commas and openings of objects and arrays: what there is to build, but for the first thing in each. */
  parts: number;
  /** Keys of the outermost object in order, repeated ones repeated, escapes resolved; none if it is an array. */
  keys: string[];
}

/**
 * What `JSON.parse` hides: repeated keys, and depth before anything is built. One pass without recursion.
 * Meaningful for valid JSON only; for any other text it merely ends.
 */
export function scanJson(text: string): JsonOutline {
  const keys: string[] = [];
  let deepest = 0;
  let depth = 0;
  let parts = 0;
  let isObject = false;
  let keyExpected = false;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) {
      const end = closingQuote(text, at + 1);
      if (keyExpected && depth === 1) keys.push(unescapeKey(text.slice(at, end + 1)));
      keyExpected = false;
      at = end;
    } else if (char === OPEN_BRACE || char === OPEN_BRACKET) {
      parts++;
      depth++;
      if (depth > deepest) deepest = depth;
      if (depth === 1) isObject = keyExpected = char === OPEN_BRACE;
    } else if (char === CLOSE_BRACE || char === CLOSE_BRACKET) {
      depth--;
    } else if (char === COMMA) {
      parts++;
      keyExpected = isObject;
    }
  }
  return { depth: deepest, parts, keys };
}

/** Where the string that begins at `from` ends; the end of the text if it does not. */
function closingQuote(text: string, from: number): number {
  for (let end = text.indexOf('"', from); end !== -1; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (end - 1 - backslashes >= from && text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}

function unescapeKey(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  try {
    return JSON.parse(quoted);
  } catch {
    return quoted;
  }
}
