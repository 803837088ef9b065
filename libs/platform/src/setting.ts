import type { Parser } from './parsers.js';

/** One environment variable: what it is called, how it is read, what it means. */
export interface Setting<T> {
  /** `LADING_...` */
  readonly env: string;
  /** Reads the text. The default is a text too, so that the documentation shows what a reader may write. */
  readonly schema: Parser<T>;
  readonly default?: string;
  readonly describe: string;
  /** A secret may come from a file named by `<env>_FILE`; its text is in no message. */
  readonly secret: boolean;
  readonly required: boolean;
}

interface SettingInput<T> {
  readonly env: string;
  readonly schema: Parser<T>;
  readonly default?: string;
  readonly describe: string;
  readonly secret?: true;
}

/** A setting with a default always has a value; one without gives undefined when it is not set. */
export function setting<T>(input: SettingInput<T> & { readonly default: string }): Setting<T>;
export function setting<T>(input: SettingInput<T>): Setting<T | undefined>;
export function setting<T>(input: SettingInput<T>): Setting<T> {
  return { ...input, secret: input.secret ?? false, required: false };
}

/** The same setting where a service cannot start without it. */
export function required<T>(base: Setting<T>): Setting<NonNullable<T>> {
  return { ...base, required: true } as Setting<NonNullable<T>>;
}
