import { isIP, isIPv4 } from 'node:net';
import { resolve } from 'node:path';
import { z } from 'zod';
import { Secret } from './secret.js';

/** Reads the text of one environment variable; the message of a fault says what the text should have been. */
export type Parser<T> = z.ZodType<T, string>;

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const UNIT_BYTES = { '': 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 } as const;
/** Beyond this many milliseconds setTimeout fires at once (Node's timers are signed 32-bit integers). */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A parser that answers undefined from `read` with the fault "is not <expected>". */
function parser<T>(expected: string, read: (text: string) => T | undefined): Parser<T> {
  return z.string().transform((text, context) => {
    const value = read(text);
    if (value === undefined) {
      context.addIssue({ code: 'custom', message: `is not ${expected}` });
      return z.NEVER;
    }
    return value;
  });
}

/** A whole number of `ms`, `s`, `m`, `h` or `d`, in milliseconds; more than 0 and at most a year. */
export const duration: Parser<number> = durationUpTo('365d', 365 * UNIT_MS.d);

/** A duration that a timer waits for; more than 0 and at most 24 days. */
export const timerDuration: Parser<number> = durationUpTo('24d', LONGEST_TIMER_MS);

/** A duration, or `never`: Infinity. */
export const durationOrNever: Parser<number> = z.union([
  z.literal('never').transform(() => Number.POSITIVE_INFINITY),
  duration,
]) as Parser<number>;

function durationUpTo(shown: string, longestMs: number): Parser<number> {
  return parser(`a duration such as 250ms, 10s, 5m, 24h or 7d (at most ${shown})`, (text) => {
    const [, count, unit] = /^(\d{1,10})(ms|s|m|h|d)$/.exec(text) ?? [];
    const ms = Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
    return ms > 0 && ms <= longestMs ? ms : undefined;
  });
}

/** A whole number of bytes, plain or in `KiB`, `MiB` or `GiB`; more than 0, and at most that many MiB. */
export function byteSize(mostMiB: number): Parser<number> {
  return parser(`a size such as 4MiB, 512KiB or plain bytes (at most ${mostMiB}MiB)`, (text) => {
    const [, count, unit] = /^(\d{1,16})(KiB|MiB|GiB|)$/.exec(text) ?? [];
    const bytes = Number(count) * UNIT_BYTES[unit as keyof typeof UNIT_BYTES];
    return bytes > 0 && bytes <= mostMiB * UNIT_BYTES.MiB ? bytes : undefined;
  });
}

/** A whole number from `least` to `most`, both included. */
export function wholeNumber(least: number, most: number): Parser<number> {
  return parser(`a whole number from ${least} to ${most}`, (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    return value >= least && value <= most ? value : undefined;
  });
}

/** A TCP port; 0 asks the system for a free one. */
export const port: Parser<number> = parser('a port (0 to 65535)', (text) => {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  return value <= 65_535 ? value : undefined;
});

/** An address to listen on: an IP address without brackets, or a host name (RFC 1123). */
export const listenHost: Parser<string> = parser('an IP address or a host name', (text) =>
  isIP(text) !== 0 || isHostName(text) ? text : undefined,
);

function isHostName(text: string): boolean {
  const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;
  return text.length <= 253 && !/^[\d.]+$/.test(text) && text.split('.').every((part) => label.test(part));
}

/** An http or https address with nothing after the port, as its origin: `https://registry.example.com`. */
export const url: Parser<string> = parser('an address such as https://registry.example.com, without a path', (text) => {
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) return undefined;
  return parsed.href === `${parsed.origin}/` ? parsed.origin : undefined;
});

/** Where a gRPC service listens, written `grpc://host:port` or `host:port`; given as `host:port`. */
export const grpcTarget: Parser<string> = parser('an address such as grpc://127.0.0.1:5051', (text) => {
  const address = text.replace(/^grpc:\/\//, '');
  const [, host = '', portText = ''] = /^(\[[0-9a-fA-F:.]+\]|[^:/@[\]]+):(\d{1,5})$/.exec(address) ?? [];
  const isHost = host.startsWith('[') ? isIP(host.slice(1, -1)) === 6 : isIPv4(host) || isHostName(host);
  return isHost && Number(portText) > 0 && Number(portText) <= 65_535 ? address : undefined;
});

/** A PostgreSQL address, kept secret because it usually carries a password. */
export const postgresUrl: Parser<Secret> = parser(
  'an address such as postgres://user:password@host:5432/name',
  (text) => {
    const isPostgres = URL.canParse(text) && /^postgres(ql)?:$/.test(new URL(text).protocol);
    return isPostgres ? new Secret(text) : undefined;
  },
);

export const bool: Parser<boolean> = parser('on or off', (text) =>
  text === 'on' ? true : text === 'off' ? false : undefined,
);

export function oneOf<const T extends string>(...values: readonly T[]): Parser<T> {
  return parser(`one of ${values.join(', ')}`, (text) => values.find((value) => value === text));
}

/** Addresses and networks (`10.0.0.0/8`) divided by commas; empty gives none. */
export const networks: Parser<readonly string[]> = parser(
  'a list of IP addresses or networks such as 10.0.0.0/8',
  (text) => {
    const entries = text.split(',').map((entry) => entry.trim());
    const given = entries.filter((entry) => entry !== '');
    return given.every(isNetwork) ? given : undefined;
  },
);

function isNetwork(entry: string): boolean {
  const [, address = '', bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(entry) ?? [];
  const family = address.includes('%') ? 0 : isIP(address);
  return family !== 0 && Number(bits ?? 0) <= (family === 4 ? 32 : 128);
}

const EVERYBODY = ['0.0.0.0/0', '::/0'];

/** `off`, `on`, or for whom it is on: the networks of those addresses. */
export const forNetworks: Parser<readonly string[]> = parser(
  'on, off, or a list of IP addresses or networks such as 10.0.0.0/8',
  (text) => {
    if (text === 'off') return [];
    if (text === 'on') return EVERYBODY;
    const read = networks.safeParse(text);
    return read.success && read.data.length > 0 ? read.data : undefined;
  },
);

/** A directory, made absolute against the working directory. */
export const directory: Parser<string> = parser('a directory', (text) =>
  text.includes('\0') ? undefined : resolve(text),
);

/** A secret of at least `least` characters, and at most `most`. */
export function secretText(least: number, most = Number.POSITIVE_INFINITY): Parser<Secret> {
  const expected = most < Number.POSITIVE_INFINITY ? `${least} to ${most}` : `at least ${least}`;
  return parser(`a text of ${expected} characters`, (text) =>
    text.length >= least && text.length <= most ? new Secret(text) : undefined,
  );
}

/** A text that matches `form`; `expected` names that form in the fault. */
export function textLike(form: RegExp, expected: string): Parser<string> {
  return parser(expected, (text) => (form.test(text) ? text : undefined));
}
