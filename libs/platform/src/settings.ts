import { variableNames } from './load-config.js';
import { isLoopbackHost } from './loopback.js';
import {
  bool,
  byteSize,
  directory,
  duration,
  durationOrNever,
  forNetworks,
  grpcTarget,
  listenHost,
  networks,
  oneOf,
  port,
  postgresUrl,
  secretText,
  textLike,
  timerDuration,
  url,
  wholeNumber,
} from './parsers.js';
import { setting } from './setting.js';

/** Services pass a manifest on in one message, which has 32 MiB and its annotations a second time. */
const LARGEST_MANIFEST_MIB = 15;

/** Characters; auth checks none that is longer, so its account could never sign in. */
const LONGEST_PASSWORD = 1024;

const http = {
  host: setting({
    env: 'LADING_HOST',
    schema: listenHost,
    default: '127.0.0.1',
    describe: 'Address to listen on, for HTTP and gRPC.',
  }),
  port: setting({
    env: 'LADING_PORT',
    schema: port,
    default: '5000',
    describe: 'HTTP port; 0 takes a free one, and the ready line says which.',
  }),
  publicUrl: setting({
    env: 'LADING_PUBLIC_URL',
    schema: url,
    describe:
      'Address under which clients reach the registry, without a path. Required unless the service listens on loopback; there the token realm repeats the scheme, host and port that the client used.',
  }),
  trustedProxies: setting({
    env: 'LADING_TRUSTED_PROXIES',
    schema: networks,
    default: '',
    describe:
      'Addresses and networks of proxies, divided by commas, whose X-Forwarded and Forwarded headers are believed; empty: none (docs/proxy.md).',
  }),
};

const data = {
  dir: setting({
    env: 'LADING_DATA_DIR',
    schema: directory,
    default: './data',
    describe: 'Directory of the database, the blobs and the keys: everything to back up.',
  }),
};

const database = {
  url: setting({
    env: 'LADING_DATABASE_URL',
    schema: postgresUrl,
    secret: true,
    describe:
      'PostgreSQL to use. The standalone server runs its own in the data directory when this is not set; a service started alone requires it.',
  }),
};

const blobs = {
  s3Endpoint: setting({
    env: 'LADING_S3_ENDPOINT',
    schema: url,
    describe:
      'S3 service that keeps the blobs, such as https://s3.eu-central-1.amazonaws.com. Not set: they are files in the data directory (docs/storage.md).',
  }),
  s3Region: setting({
    env: 'LADING_S3_REGION',
    schema: textLike(/^[a-z0-9-]{1,63}$/, 'a region such as us-east-1'),
    default: 'us-east-1',
    describe: 'Region of the bucket; servers of your own take any.',
  }),
  s3Bucket: setting({
    env: 'LADING_S3_BUCKET',
    schema: textLike(
      /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
      'the name of a bucket: 3 to 63 small letters, digits, "-" or "."',
    ),
    describe: 'Bucket of the blobs. It must be there, and belong to one installation alone.',
  }),
  s3AccessKey: setting({
    env: 'LADING_S3_ACCESS_KEY',
    schema: textLike(/^[\x21-\x7e]{1,128}$/, 'the id of an access key'),
    describe: 'Id of the access key.',
  }),
  s3SecretKey: setting({
    env: 'LADING_S3_SECRET_KEY',
    schema: secretText(1),
    secret: true,
    describe: 'Secret of the access key.',
  }),
  redirect: setting({
    env: 'LADING_BLOB_REDIRECT',
    schema: forNetworks,
    default: 'off',
    describe:
      'Whether a GET of a blob is answered with an address in the bucket: off, on, or on for the clients of some networks, divided by commas (10.0.0.0/8,192.0.2.7).',
  }),
  redirectTtl: setting({
    env: 'LADING_BLOB_REDIRECT_TTL',
    schema: duration,
    default: '20m',
    describe: 'How long such an address works, at most 7d and LADING_GC_HOLD; a slow pull needs 20m or more.',
  }),
  redirectEndpoint: setting({
    env: 'LADING_BLOB_REDIRECT_ENDPOINT',
    schema: url,
    describe: 'Where clients reach the S3 service. Not set: at LADING_S3_ENDPOINT.',
  }),
};

const distribution = {
  challenge: setting({
    env: 'LADING_CHALLENGE',
    schema: oneOf('bearer', 'basic'),
    default: 'bearer',
    describe: 'Challenge in a 401 on /v2/. Bearer tokens and Basic credentials are accepted either way.',
  }),
  manifestLimit: setting({
    env: 'LADING_MANIFEST_LIMIT',
    schema: byteSize(LARGEST_MANIFEST_MIB),
    default: '4MiB',
    describe:
      'Largest manifest that is accepted, at most 15MiB. Many clients read at most 4MiB: the push of a larger one says so in a warning.',
  }),
  nameLevels: setting({
    env: 'LADING_NAME_LEVELS',
    schema: wholeNumber(0, 127),
    default: '2',
    describe: 'Most path components of a repository below its project; 0: as many as 255 characters allow.',
  }),
  pullEvents: setting({
    env: 'LADING_PULL_EVENTS',
    schema: oneOf('off', 'manifests', 'all'),
    default: 'manifests',
    describe:
      'Which pulls become events: none, those of manifests, or those of blobs too. At most 1000 in a second of one process; the rest is left out.',
  }),
  sparse: setting({
    env: 'LADING_SPARSE',
    schema: oneOf('off', 'index', 'all'),
    default: 'off',
    describe: 'What a pushed manifest may name before it exists: nothing, the children of an index, or blobs too.',
  }),
};

const auth = {
  adminUser: setting({
    env: 'LADING_ADMIN_USER',
    schema: textLike(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'a name of 1 to 63 small letters, digits, ".", "_" or "-"'),
    default: 'admin',
    describe: 'Name of the account that the first start makes.',
  }),
  adminPassword: setting({
    env: 'LADING_ADMIN_PASSWORD',
    schema: secretText(8, LONGEST_PASSWORD),
    secret: true,
    describe:
      'Password of that account, 8 to 1024 characters, for the first start alone. Not set: that start makes one and says where it is.',
  }),
  tokenTtl: setting({
    env: 'LADING_TOKEN_TTL',
    schema: duration,
    default: '10m',
    describe: 'Life of an access token.',
  }),
  refreshTokens: setting({
    env: 'LADING_REFRESH_TOKENS',
    schema: bool,
    default: 'off',
    describe:
      'Whether docker login gets a refresh token, which it keeps instead of the password; a pull secret made from its config.json then has no password. A refresh token ends 90 days after its last use (counted to the hour), with a change of the password, when the account is blocked, and when 1000 others of the account were made or used since. Off: none is given and none is taken.',
  }),
  keySecret: setting({
    env: 'LADING_KEY_SECRET',
    schema: secretText(32),
    secret: true,
    describe:
      'Seals the signing keys in the database, at least 32 characters. The standalone server keeps one in the data directory when this is not set; auth started alone requires it.',
  }),
};

const gc = {
  interval: setting({
    env: 'LADING_GC_INTERVAL',
    schema: timerDuration,
    default: '30s',
    describe: 'Pause between two rounds of the collector.',
  }),
  lease: setting({
    env: 'LADING_GC_LEASE',
    schema: duration,
    default: '24h',
    describe: 'How long a blob that no manifest names stays linked to the repository it was pushed to.',
  }),
  delay: setting({
    env: 'LADING_GC_DELAY',
    schema: duration,
    default: '24h',
    describe: 'How long a blob stays after the last manifest that named it was deleted, or its own delete.',
  }),
  untaggedDelay: setting({
    env: 'LADING_UNTAGGED_DELAY',
    schema: durationOrNever,
    describe:
      'How long a manifest stays that has no tag and that no index or subject keeps, or never (LADING_GC_DELAY).',
  }),
  hold: setting({
    env: 'LADING_GC_HOLD',
    schema: duration,
    default: '1h',
    describe: 'How long a condemned blob can be brought back by whoever wants it, before its bytes are deleted.',
  }),
  restoreWindow: setting({
    env: 'LADING_RESTORE_WINDOW',
    schema: duration,
    default: '24h',
    describe: 'How long what was deleted can be restored.',
  }),
  reconcile: setting({
    env: 'LADING_RECONCILE_INTERVAL',
    schema: duration,
    default: '1h',
    describe: 'Between two walks of the collector through the registry, for what no event told it of.',
  }),
  eventRetention: setting({
    env: 'LADING_EVENT_RETENTION',
    schema: duration,
    default: '7d',
    describe: 'How long events are kept in the log; longer than anybody who reads them is away.',
  }),
  uploadTtl: setting({
    env: 'LADING_UPLOAD_TTL',
    schema: duration,
    default: '24h',
    describe: 'How long an upload may lie idle before it expires.',
  }),
  openUploads: setting({
    env: 'LADING_OPEN_UPLOADS',
    schema: wholeNumber(1, 1_000_000),
    default: '10000',
    describe: 'Most uploads that one project may have open; the next one is refused (429) until some end or expire.',
  }),
};

const notifications = {
  endpoints: setting({
    env: 'LADING_NOTIFICATIONS_FILE',
    schema: textLike(/^[^\0]+$/, 'the path of a file'),
    describe: 'JSON file of the endpoints that are notified of events (docs/events.md); not set: none.',
  }),
};

const grpc = {
  port: setting({
    env: 'LADING_GRPC_PORT',
    schema: port,
    default: '5051',
    describe: 'gRPC port of metadata, auth or gc started alone; 0 takes a free one.',
  }),
  metadataUrl: setting({
    env: 'LADING_METADATA_URL',
    schema: grpcTarget,
    describe: 'Where the other services find metadata, such as grpc://127.0.0.1:5051.',
  }),
  authUrl: setting({
    env: 'LADING_AUTH_URL',
    schema: grpcTarget,
    describe: 'Where the other services find auth, such as grpc://127.0.0.1:5052.',
  }),
  gcUrl: setting({
    env: 'LADING_GC_URL',
    schema: grpcTarget,
    describe: 'Where ui-api finds gc, such as grpc://127.0.0.1:5053; one address for all its processes.',
  }),
};

const operation = {
  logLevel: setting({
    env: 'LADING_LOG_LEVEL',
    schema: oneOf('fatal', 'error', 'warn', 'info', 'debug'),
    default: 'info',
    describe: 'Least severe line that is logged (JSON, on stderr).',
  }),
  metricsToken: setting({
    env: 'LADING_METRICS_TOKEN',
    schema: secretText(16),
    secret: true,
    describe:
      'What a scraper of /metrics sends as a bearer token, at least 16 characters. Not set: /metrics answers this machine alone, and nothing that came through a proxy.',
  }),
  drainTimeout: setting({
    env: 'LADING_DRAIN_TIMEOUT',
    schema: timerDuration,
    default: '30s',
    describe: 'How long a stop waits for requests in flight before the process ends anyway.',
  }),
};

/** Every setting of the product, in the groups of the documentation. A service reads the ones it names. */
export const settings = { http, data, database, blobs, distribution, auth, gc, notifications, grpc, operation };

/** Variables of the tests, which a server started by a test finds in its environment and leaves alone. */
const TEST_VARIABLES = [
  'LADING_COUNT_FILE',
  'LADING_COUNT_KIND',
  'LADING_NIGHT',
  'LADING_TEST_COMMAND',
  'LADING_TEST_SHAPE',
];

/** What a service passes as `ignore`: the variables that some program of the repository reads. */
export const knownVariables: readonly string[] = [...variableNames(settings), ...TEST_VARIABLES];

/** gRPC between services has no TLS and no identities of callers, so its listener must not be reachable from elsewhere. */
export function grpcLoopbackRule(config: { readonly http: { readonly host: string } }): string | undefined {
  const { host } = config.http;
  if (isLoopbackHost(host)) return undefined;
  return `LADING_HOST=${JSON.stringify(host)} must be a loopback address: services talk without encryption`;
}

/** Off loopback a realm made from the Host header would let a client choose where the password goes. */
export function publicUrlRule(config: {
  readonly http: { readonly host: string; readonly publicUrl: string | undefined };
}): string | undefined {
  const { host, publicUrl } = config.http;
  if (publicUrl !== undefined || isLoopbackHost(host)) return undefined;
  return `LADING_PUBLIC_URL is required because LADING_HOST=${JSON.stringify(host)} is not a loopback address`;
}
