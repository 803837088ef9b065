import type { Statement, Statements } from '../statement.js';
import { BLOB_STATEMENTS } from './blobs.js';
import { COLLECTION_STATEMENTS } from './collection.js';
import { EVENT_STATEMENTS } from './events.js';
import { GC_STATEMENTS } from './gc.js';
import { MANIFEST_STATEMENTS } from './manifests.js';
import { RESTORE_STATEMENTS } from './restore.js';
import { SCOPE_STATEMENTS } from './scope.js';
import { TAG_STATEMENTS } from './tags.js';
import { UPLOAD_STATEMENTS } from './uploads.js';

const STATEMENTS: Statements = {
  ...SCOPE_STATEMENTS,
  ...UPLOAD_STATEMENTS,
  ...BLOB_STATEMENTS,
  ...MANIFEST_STATEMENTS,
  ...TAG_STATEMENTS,
  ...RESTORE_STATEMENTS,
  ...COLLECTION_STATEMENTS,
  ...EVENT_STATEMENTS,
  ...GC_STATEMENTS,
};

/** Each that the simulation knows: by its name, or the words that its text begins with. */
export const STATEMENT_NAMES = Object.keys(STATEMENTS);

interface Known {
  readonly name: string;
  readonly statement: Statement;
}

const BEGINNINGS = STATEMENT_NAMES.filter((name) => name.includes(' '));
const found = new Map<string, Known>();

/** What a statement of the product does, by its name, or by its text where it has none. */
export function findStatement(label: string): Known | undefined {
  const before = found.get(label);
  if (before) return before;
  const name = label in STATEMENTS ? label : BEGINNINGS.find((beginning) => label.startsWith(beginning));
  if (name === undefined) return undefined;
  const known = { name, statement: STATEMENTS[name] as Statement };
  found.set(label, known);
  return known;
}
