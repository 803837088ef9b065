import {
  type ConfigOf,
  type Environment,
  isLoopbackHost,
  knownVariables,
  loadConfig,
  required,
  settings,
} from '@lading/platform';

const spec = {
  http: { host: settings.http.host },
  grpc: { port: settings.grpc.port },
  database: { url: required(settings.database.url) },
  distribution: { nameLevels: settings.distribution.nameLevels },
  gc: { lease: settings.gc.lease, uploadTtl: settings.gc.uploadTtl },
  operation: settings.operation,
};

export type MetadataConfig = ConfigOf<typeof spec>;

/** gRPC has no TLS and no callers' identities here, so it must not be reachable from elsewhere. */
function loopbackRule({ http }: MetadataConfig): string | undefined {
  if (isLoopbackHost(http.host)) return undefined;
  return `LADING_HOST=${JSON.stringify(http.host)} must be a loopback address: services talk without encryption`;
}

/** The configuration of `metadata` started alone. @throws ConfigError that lists every fault */
export function readConfig(env: Environment): MetadataConfig {
  return loadConfig(env, spec, { ignore: knownVariables, rules: [loopbackRule] });
}
