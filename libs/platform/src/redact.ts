const MASK = '***';
const HIDDEN = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'password',
  'token',
  'access_token',
  'accesstoken',
  'refresh_token',
  'refreshtoken',
  'id_token',
]);
/** Log fields are flat or nearly so; deeper values are not searched. */
const DEEPEST = 4;

/** The same fields with the value of every credential replaced; copied only where something was replaced. */
export function redact(fields: Record<string, unknown>, depth = 0): Record<string, unknown> {
  let copy: Record<string, unknown> | undefined;
  for (const [name, value] of Object.entries(fields)) {
    const shown = HIDDEN.has(name.toLowerCase()) ? MASK : inner(value, depth);
    if (shown === value) continue;
    copy ??= { ...fields };
    copy[name] = shown;
  }
  return copy ?? fields;
}

function inner(value: unknown, depth: number): unknown {
  return depth < DEEPEST && isPlain(value) ? redact(value, depth + 1) : value;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
