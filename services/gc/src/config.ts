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
  data: settings.data,
  http: { host: settings.http.host },
  grpc: { port: settings.grpc.port, metadataUrl: required(settings.grpc.metadataUrl) },
  database: { url: required(settings.database.url) },
  gc: {
    interval: settings.gc.interval,
    reconcile: settings.gc.reconcile,
    lease: settings.gc.lease,
    delay: settings.gc.delay,
    untaggedDelay: settings.gc.untaggedDelay,
    restoreWindow: settings.gc.restoreWindow,
  },
  operation: settings.operation,
};

export type GcConfig = ConfigOf<typeof spec>;

/** The configuration of `gc` started alone. @throws ConfigError that lists every fault */
export function readConfig(env: Environment): GcConfig {
  return loadConfig(env, spec, { ignore: knownVariables, rules: [grpcLoopbackRule] });
}
