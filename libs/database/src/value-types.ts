import { types } from 'pg';

const int8 = 20;
const int8Array = 1016;

/**
 * How a connection of ours reads column values, given to `pg` per pool so that no other user of `pg` in the process is
 * changed: an int8 is a number as long as it is exact (up to 2^53 - 1 either way) and stays a string beyond, bytea is
 * a Buffer, the rest is `pg`'s own reading.
 */
export const valueTypes = { getTypeParser };

type TextParser = (text: string) => unknown;

function getTypeParser(oid: number, format?: 'text' | 'binary') {
  const parser = types.getTypeParser(oid, format as 'text') as TextParser;
  if (format === 'binary') return parser;
  if (oid === int8) return exactNumber;
  if (oid === int8Array) return (text: string) => exactNumbers(parser(text));
  return parser;
}

function exactNumber(text: string): number | string {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : text;
}

function exactNumbers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(exactNumbers);
  return typeof value === 'string' ? exactNumber(value) : value;
}
