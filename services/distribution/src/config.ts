import {
  type ConfigOf,
  type Environment,
  knownVariables,
  loadConfig,
  publicUrlRule,
  redirectRule,
  required,
  s3Rule,
  settings,
} from '@lading/platform';

const spec = {
  http: settings.http,
  data: settings.data,
  blobs: settings.blobs,
  // Not its own: held to the life of redirects.
  gc: { hold: settings.gc.hold },
  grpc: { metadataUrl: required(settings.grpc.metadataUrl), authUrl: required(settings.grpc.authUrl) },
  distribution: {
    challenge: settings.distribution.challenge,
    manifestLimit: settings.distribution.manifestLimit,
    sparse: settings.distribution.sparse,
    pullEvents: settings.distribution.pullEvents,
  },
  operation: settings.operation,
};

export type DistributionConfig = ConfigOf<typeof spec>;

/** The configuration of `distribution` started alone. @throws ConfigError that lists every fault */
export function readConfig(env: Environment): DistributionConfig {
  return loadConfig(env, spec, { ignore: knownVariables, rules: [publicUrlRule, s3Rule, redirectRule] });
}
