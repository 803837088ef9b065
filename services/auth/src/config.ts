import {
  type ConfigOf,
  type Environment,
  grpcLoopbackRule,
  knownVariables,
  loadConfig,
  required,
  settings,
} from '@lading/platform';

/** Milliseconds: clients take a token for at least a minute, whatever it says. */
export const TOKEN_TTL_LEAST_MS = 60_000;
/** Milliseconds. A token cannot be taken back before its end. */
export const TOKEN_TTL_MOST_MS = 24 * 3_600_000;

/** What a composition root checks of `LADING_TOKEN_TTL`: a fault, or undefined. */
export function tokenTtlRule(config: { readonly auth: { readonly tokenTtl: number } }): string | undefined {
  const { tokenTtl } = config.auth;
  if (tokenTtl >= TOKEN_TTL_LEAST_MS && tokenTtl <= TOKEN_TTL_MOST_MS) return undefined;
  return 'LADING_TOKEN_TTL must be from 1m to 24h';
}

const spec = {
  http: { host: settings.http.host, port: settings.http.port, trustedProxies: settings.http.trustedProxies },
  grpc: { port: settings.grpc.port, metadataUrl: required(settings.grpc.metadataUrl) },
  database: { url: required(settings.database.url) },
  auth: {
    ...settings.auth,
    adminPassword: required(settings.auth.adminPassword),
    keySecret: required(settings.auth.keySecret),
  },
  operation: settings.operation,
};

export type AuthConfig = ConfigOf<typeof spec>;

/** The configuration of `auth` started alone. @throws ConfigError that lists every fault */
export function readConfig(env: Environment): AuthConfig {
  return loadConfig(env, spec, { ignore: knownVariables, rules: [grpcLoopbackRule, tokenTtlRule] });
}
