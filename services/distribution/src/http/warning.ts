/**
 * A `Warning` header, which crane, oras and regctl print (distribution-spec, "Warnings"): code 299, no agent, no date,
 * quotes and backslashes escaped. All warnings of an answer have at most 4096 bytes.
 */
export function warning(text: string): string {
  return `299 - "${text.replace(/["\\]/g, '\\$&')}"`;
}
