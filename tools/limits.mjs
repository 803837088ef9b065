// The limits that docs/configuration.md lists, and what test names say of them: `limit json-depth: is 64 levels`.

const ROW = /^\| `([a-z-]+)` \| (.+?) \| (.+?) \| (.+?) \|(.*)\|$/gm;
/** A key has two words at least, so that a sentence about a limit names none. */
const KEY = /\blimit ([a-z]+(?:-[a-z]+)+)/g;

/**
 * The rows of the tables below the heading "Limits".
 * @returns {{ key: string, of: string, most: string, beyond: string, settings: string[] }[]} `settings`: those that
 * change the limit
 */
export function limitsIn(page) {
  const [, section = ''] = page.split('\n## Limits\n');
  const [own] = section.split('\n## ', 1);
  return [...own.matchAll(ROW)].map(([, key, of, most, beyond, by]) => {
    const settings = by.match(/LADING_[A-Z_]+/g) ?? [];
    return { key, of, most, beyond, settings };
  });
}

/** The keys of the limits that the name of a test says it is for. */
export function limitKeysIn(name) {
  return [...name.matchAll(KEY)].map(([, key]) => key);
}
