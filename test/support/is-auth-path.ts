/** Whether the auth service answers a request with this target: a path, or an absolute URL. */
export function isAuthPath(target: string): boolean {
  return /^(http:\/\/[^/]+)?\/(token|jwt\/auth|jwks)\b/.test(target);
}
