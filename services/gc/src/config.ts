import {
  type ConfigOf,
  type Environment,
  grpcLoopbackRule,
  knownVariables,
  loadConfig,
  required,
  s3Rule,
  settings,
} from '@lading/platform';

const { s3Endpoint, s3Region, s3Bucket, s3AccessKey, s3SecretKey } = settings.blobs;

const spec = {
  data: settings.data,
  blobs: { s3Endpoint, s3Region, s3Bucket, s3AccessKey, s3SecretKey },
  http: { host: settings.http.host, port: settings.http.port, trustedProxies: settings.http.trustedProxies },
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
  return loadConfig(env, spec, { ignore: knownVariables, rules: [grpcLoopbackRule, s3Rule] });
}
