import { type ConfigOf, type Environment, knownVariables, loadConfig, required, settings } from '@lading/platform';
import { notificationSettings } from './notification/endpoints-file.js';

const spec = {
  http: { host: settings.http.host, port: settings.http.port, trustedProxies: settings.http.trustedProxies },
  grpc: {
    metadataUrl: required(settings.grpc.metadataUrl),
    authUrl: required(settings.grpc.authUrl),
    gcUrl: required(settings.grpc.gcUrl),
  },
  database: { url: required(settings.database.url) },
  notifications: notificationSettings,
  operation: settings.operation,
};

export type UiApiConfig = ConfigOf<typeof spec>;

/** The configuration of `ui-api` started alone. @throws ConfigError that lists every fault */
export function readConfig(env: Environment): UiApiConfig {
  return loadConfig(env, spec, { ignore: knownVariables });
}
