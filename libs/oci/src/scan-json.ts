import { MAX_JSON_DEPTH } from './manifest.js';

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
  /** Most members that any one object has, repeated keys repeated. */
  members: number;
  /** Keys of the outermost object in order, repeated ones repeated, escapes resolved; none if it is an array. */
  keys: string[];
}

/**
 * What `JSON.parse` hides: repeated keys, and the size of things before they are built. One pass without recursion,
 * which ends where the text is deeper than `MAX_JSON_DEPTH`. Meaningful for valid JSON only; for any other text it merely ends.
 */
export function scanJson(text: string): JsonOutline {
  const keys: string[] = [];
  let depth = 0;
  let parts = 0;
  let most = 0;
  /** Keys so far of each object around this place, the innermost last; -1 for a list. */
  const open: number[] = [];
  let keyExpected = false;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) {
      const end = closingQuote(text, at + 1);
      if (keyExpected) {
        const innermost = open.length - 1;
        const members = (open[innermost] ?? 0) + 1;
        open[innermost] = members;
        if (members > most) most = members;
        if (innermost === 0) keys.push(unescapeKey(text.slice(at, end + 1)));
      }
      keyExpected = false;
      at = end;
    } else if (char === OPEN_BRACE || char === OPEN_BRACKET) {
      parts++;
      open.push(char === OPEN_BRACE ? 0 : -1);
      if (open.length > depth) depth = open.length;
      if (depth > MAX_JSON_DEPTH) break;
      keyExpected = char === OPEN_BRACE;
    } else if (char === CLOSE_BRACE || char === CLOSE_BRACKET) {
      open.pop();
      keyExpected = false;
    } else if (char === COMMA) {
      parts++;
      keyExpected = (open[open.length - 1] ?? -1) >= 0;
    }
  }
  return { depth, parts, members: most, keys };
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
