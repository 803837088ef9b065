import { type Registry, startRegistry as start } from '../../support/registry.js';
import { startSwitch } from '../../support/switch.js';

/** As `startRegistry` of every kind, but services that run alone stand behind a front that changes no byte. */
export function startRegistry(env: Record<string, string> = {}): Promise<Registry> {
  return start(env, startSwitch);
}
