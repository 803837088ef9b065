import {
  type ConfigOf,
  type Environment,
  grpcLoopbackRule,
  knownVariables,
  loadConfig,
  required,
  settings,
} from '@lading/platform';

const spec = {
  http: { host: settings.http.host, port: settings.http.port, trustedProxies: settings.http.trustedProxies },
  grpc: { port: settings.grpc.port },
  database: { url: required(settings.database.url) },
  distribution: { nameLevels: settings.distribution.nameLevels },
  gc: {
    lease: settings.gc.lease,
    delay: settings.gc.delay,
    untaggedDelay: settings.gc.untaggedDelay,
    hold: settings.gc.hold,
    restoreWindow: settings.gc.restoreWindow,
    eventRetention: settings.gc.eventRetention,
    uploadTtl: settings.gc.uploadTtl,
    openUploads: settings.gc.openUploads,
  },
  operation: settings.operation,
};

export type MetadataConfig = ConfigOf<typeof spec>;

/** The configuration of `metadata` started alone. @throws ConfigError that lists every fault */
export function readConfig(env: Environment): MetadataConfig {
  return loadConfig(env, spec, { ignore: knownVariables, rules: [grpcLoopbackRule] });
}
