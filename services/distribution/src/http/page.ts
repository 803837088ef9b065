import { PageSizeInvalid } from '@lading/oci';

const WHOLE_NUMBER = /^\d{1,15}$/;

/**
 * The page size a client asks for: clamped to the largest, the default without `n` (TAG-04 to TAG-09).
 *
 * @throws PageSizeInvalid for anything that is no whole number.
 */
export function pageSize(query: URLSearchParams, { whenAbsent, most }: { whenAbsent: number; most: number }): number {
  const text = query.get('n');
  if (text === null) return whenAbsent;
  if (!WHOLE_NUMBER.test(text)) throw new PageSizeInvalid();
  return Math.min(Number(text), most);
}

/**
 * Where the page begins: after `last`, which need not exist (TAG-03). No name has a zero byte, which PostgreSQL's text
 * cannot hold: what follows one does not change the order, so it is cut off.
 */
export function pageAfter(query: URLSearchParams): string {
  return (query.get('last') ?? '').split('\0', 1)[0] as string;
}

/** Where a list by ids goes on; what is no position of ours begins at the start, because this list never fails (REF-01). */
export function pageAfterId(query: URLSearchParams): number {
  const text = query.get('after');
  return text !== null && WHOLE_NUMBER.test(text) ? Number(text) : 0;
}

/** `Link` to the page after `last`: relative, a single link, in angle brackets (TAG-05, TAG-06). */
export function nextLink(path: string, parameters: Record<string, string | readonly string[]>): string {
  const pairs = Object.entries(parameters).flatMap(([name, value]) =>
    [value].flat().map((each) => `${encodeURIComponent(name)}=${encodeURIComponent(each)}`),
  );
  return `<${path}?${pairs.join('&')}>; rel="next"`;
}
