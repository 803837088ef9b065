/** Whether the ui-api service answers a request with this target: a path, or an absolute URL. */
export function isApiPath(target: string): boolean {
  return /^(http:\/\/[^/]+)?\/api\/v4\b/.test(target);
}
