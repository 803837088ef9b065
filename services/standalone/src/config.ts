import { tokenTtlRule } from '@lading/auth';
import {
  type ConfigOf,
  type Environment,
  knownVariables,
  loadConfig,
  publicUrlRule,
  redirectRule,
  s3Rule,
  settings,
} from '@lading/platform';
import { notificationSettings } from '@lading/ui-api';

const { http, data, database, blobs, distribution, auth, gc, operation } = settings;
const spec = { http, data, database, blobs, distribution, auth, gc, operation, notifications: notificationSettings };

export type StandaloneConfig = ConfigOf<typeof spec>;

/** The configuration of all services in one process. @throws ConfigError that lists every fault */
export function readConfig(env: Environment): StandaloneConfig {
  return loadConfig(env, spec, { ignore: knownVariables, rules: [publicUrlRule, tokenTtlRule, s3Rule, redirectRule] });
}
