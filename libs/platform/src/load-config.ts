import { readFileSync } from 'node:fs';
import { ConfigError } from './config-error.js';
import { nearest } from './nearest.js';
import type { Setting } from './setting.js';

const PREFIX = 'LADING_';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Settings by group, then by the name the program uses. */
export type ConfigSpec = Readonly<Record<string, Readonly<Record<string, Setting<unknown>>>>>;

export type ConfigOf<S extends ConfigSpec> = {
  readonly [Group in keyof S]: { readonly [Key in keyof S[Group]]: S[Group][Key] extends Setting<infer T> ? T : never };
};

export interface LoadOptions<S extends ConfigSpec> {
  /** Names that are known but not this service's, so that services can share one environment. */
  readonly ignore?: readonly string[];
  /** Checks across settings: each gives a fault or undefined. They run when every value was read. */
  readonly rules?: readonly ((config: ConfigOf<S>) => string | undefined)[];
}

/**
 * Reads the settings of `spec` from `env`, in groups and frozen. An empty text counts as not set.
 *
 * @throws ConfigError that lists every fault: malformed, missing and unknown `LADING_` variables, unreadable files.
 */
export function loadConfig<const S extends ConfigSpec>(
  env: Environment,
  spec: S,
  options: LoadOptions<S> = {},
): ConfigOf<S> {
  const faults = unknownNames(env, spec, options.ignore ?? []);
  const groups = Object.entries(spec).map(([group, settings]) => {
    const values = Object.entries(settings).map(([key, setting]) => [key, readSetting(env, setting, faults)]);
    return [group, Object.fromEntries(values)];
  });
  const config = Object.fromEntries(groups) as ConfigOf<S>;
  if (faults.length === 0) faults.push(...brokenRules(config, options.rules ?? []));
  if (faults.length > 0) throw new ConfigError(faults);
  return deepFreeze(config);
}

/** Every environment variable that the settings of `spec` read, `_FILE` forms included. */
export function variableNames(spec: ConfigSpec): string[] {
  const settings = Object.values(spec).flatMap((group) => Object.values(group));
  return settings.flatMap(({ env, secret }) => (secret ? [env, `${env}_FILE`] : [env]));
}

function unknownNames(env: Environment, spec: ConfigSpec, ignore: readonly string[]): string[] {
  const known = new Set([...variableNames(spec), ...ignore]);
  const unknown = Object.keys(env).filter((name) => name.startsWith(PREFIX) && !known.has(name));
  return unknown.map((name) => `${name} is not a setting; did you mean ${nearest(name, known)}?`);
}

function readSetting(env: Environment, setting: Setting<unknown>, faults: string[]): unknown {
  const given = setting.secret ? readSecretText(env, setting.env, faults) : nonEmpty(env[setting.env]);
  if (given === FAULTY) return undefined;
  const text = given ?? setting.default;
  if (text === undefined) {
    if (setting.required) faults.push(`${setting.env} is required: ${setting.describe}`);
    return undefined;
  }
  const parsed = setting.schema.safeParse(text);
  if (parsed.success) return parsed.data;
  const shown = setting.secret ? setting.env : `${setting.env}=${JSON.stringify(text)}`;
  faults.push(`${shown} ${parsed.error.issues.map((issue) => issue.message).join(', ')}`);
  return undefined;
}

/** The file of a secret could not be read, and the fault is listed already. */
const FAULTY = Symbol('faulty');

function readSecretText(env: Environment, name: string, faults: string[]): string | undefined | typeof FAULTY {
  const text = nonEmpty(env[name]);
  const path = nonEmpty(env[`${name}_FILE`]);
  if (path === undefined) return text;
  if (text !== undefined) {
    faults.push(`${name} and ${name}_FILE are both set; set one of them`);
    return FAULTY;
  }
  try {
    // Editors and `echo` end a file with one newline, which is not part of the secret.
    return nonEmpty(readFileSync(path, 'utf8').replace(/\r?\n$/, ''));
  } catch (error) {
    faults.push(`${name}_FILE=${JSON.stringify(path)} cannot be read: ${(error as Error).message}`);
    return FAULTY;
  }
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function brokenRules<S extends ConfigSpec>(config: ConfigOf<S>, rules: NonNullable<LoadOptions<S>['rules']>): string[] {
  return rules.map((rule) => rule(config)).filter((fault) => fault !== undefined);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
