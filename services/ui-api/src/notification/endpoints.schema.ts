import { readFileSync } from 'node:fs';
import { duration, Secret, timerDuration } from '@lading/platform';
import { z } from 'zod';
import type { Endpoint } from './endpoint.js';

/** Endpoints in one file: each has a connection and a place in the log of its own. */
const MOST_ENDPOINTS = 50;
const MOST_HEADERS = 50;
const LONGEST_VALUE = 8 * 1024;
const MOST_IN_BATCH = 100;

/** Bytes of a file that a value comes from. */
const LONGEST_FILE = 64 * 1024;

/** Headers that the delivery sets itself, or that would change how the message is read. */
const OWN_HEADERS = new Set([
  ...['host', 'content-type', 'content-length', 'content-encoding', 'transfer-encoding', 'connection', 'upgrade'],
  ...['te', 'trailer', 'expect', 'keep-alive', 'webhook-id', 'webhook-timestamp', 'webhook-signature'],
]);

const ACTIONS = ['pull', 'push', 'mount', 'delete'] as const;

/** A text, or the file it is in (`{"file": "<path>"}`). No message repeats it. */
const secretValue = z.unknown().transform((given, context) => {
  const fault = (message: string) => {
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  };
  const read = textOf(given);
  if ('fault' in read) return fault(read.fault);
  if (read.text.length > LONGEST_VALUE || !/^[\t\x20-\x7e\x80-\xff]+$/.test(read.text)) {
    return fault(`is not a text of 1 to ${LONGEST_VALUE} characters on one line`);
  }
  return new Secret(read.text);
});

function textOf(given: unknown): { text: string } | { fault: string } {
  if (typeof given === 'string') return { text: given };
  const parsed = z.strictObject({ file: z.string().min(1) }).safeParse(given);
  if (!parsed.success) return { fault: 'is not a text or {"file": "<path>"}' };
  const { file } = parsed.data;
  try {
    const bytes = readFileSync(file);
    if (bytes.length > LONGEST_FILE) return { fault: `${file} has more than ${LONGEST_FILE} bytes` };
    return { text: bytes.toString('utf8').replace(/\r?\n$/, '') };
  } catch (error) {
    return { fault: `${file} cannot be read: ${(error as Error).message}` };
  }
}

const headerValues = z.preprocess(
  (given) => (Array.isArray(given) ? given : [given]),
  z.array(secretValue).min(1).max(20),
);

/** Values are read whether or not the names are right, so that every fault is found at once. */
const headers = z.record(z.string(), z.unknown()).transform((given, context) => {
  const names = Object.keys(given);
  if (names.length > MOST_HEADERS) context.addIssue({ code: 'custom', message: `has more than ${MOST_HEADERS} names` });
  return names.map((name) => {
    const fault = headerFault(name);
    if (fault) context.addIssue({ code: 'custom', path: [name], message: fault });
    const parsed = headerValues.safeParse(given[name]);
    for (const { path, message } of parsed.error?.issues ?? [])
      context.addIssue({ code: 'custom', path: [name, ...path], message });
    return { name, values: parsed.data ?? [] };
  });
});

function headerFault(name: string): string | undefined {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/.test(name)) return 'is not the name of a header';
  return OWN_HEADERS.has(name.toLowerCase()) ? 'is a header that the delivery sets itself' : undefined;
}

const address = z.string('is required').transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const fits = url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  if (fits) return new Secret(url.href);
  const message = 'is not an http or https address without a user (credentials go into headers)';
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

const signingSecret = secretValue.refine((secret) => {
  const bytes = Buffer.from(/^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret.reveal())?.[1] ?? '', 'base64').length;
  return bytes >= 24 && bytes <= 64;
}, 'is not whsec_ and 24 to 64 bytes in base64');

const mediaTypes = z.array(z.string().min(1).max(255)).max(100);

const endpoint = z.strictObject({
  name: z
    .string('is required')
    .regex(/^[A-Za-z0-9][\w.-]{0,62}$/, 'is not a name of 1 to 63 letters, digits, ".", "_" or "-"'),
  url: address,
  headers: headers.default([]),
  timeout: timerDuration.refine((ms) => ms <= 60_000, 'is more than 60s').prefault('1s'),
  threshold: z.int().min(1).max(1_000_000).default(10),
  backoff: timerDuration.prefault('1s'),
  disabled: z.boolean().default(false),
  ignoredmediatypes: mediaTypes.default([]),
  ignore: z
    .strictObject({
      mediatypes: mediaTypes.default([]),
      actions: z.array(z.enum(ACTIONS)).default([]),
      methods: z.array(z.string().regex(/^[A-Za-z]{1,16}$/, 'is not a method')).default([]),
    })
    .prefault({}),
  includereferences: z.boolean().optional(),
  batch: z.int().min(1).max(MOST_IN_BATCH).default(1),
  maxage: duration.prefault('24h'),
  secret: signingSecret.optional(),
  privateredirects: z.boolean().default(false),
});

/** The file of endpoints: the names are those of the `notifications` section of the CNCF registry. */
export const endpointsSchema = z
  .strictObject({
    events: z.strictObject({ includereferences: z.boolean().default(false) }).prefault({}),
    endpoints: z.array(endpoint).max(MOST_ENDPOINTS),
  })
  .superRefine(({ endpoints }, context) => {
    const names = endpoints.map(({ name }) => name);
    for (const [at, name] of names.entries())
      if (names.indexOf(name) < at)
        context.addIssue({
          code: 'custom',
          path: ['endpoints', at, 'name'],
          message: 'is the name of another one too',
        });
  })
  .transform(({ events, endpoints }) => endpoints.map((each) => toEndpoint(each, events.includereferences)));

function toEndpoint(given: z.infer<typeof endpoint>, references: boolean): Endpoint {
  const { timeout, backoff, maxage, ignore, ignoredmediatypes, includereferences, privateredirects, ...same } = given;
  return {
    ...same,
    timeoutMs: timeout,
    backoffMs: backoff,
    maxAgeMs: maxage,
    ignore: {
      mediaTypes: [...ignoredmediatypes, ...ignore.mediatypes],
      actions: ignore.actions,
      methods: ignore.methods.map((method) => method.toUpperCase()),
    },
    references: includereferences ?? references,
    secret: given.secret,
    privateRedirects: privateredirects,
  };
}
