import { ContainersHome } from './containers-home.js';
import type { Registry } from './registry.js';

/** What a copy needs between registries without TLS. */
export const PLAIN_HTTP = ['--src-tls-verify=false', '--dest-tls-verify=false'];

/** A home from which skopeo works with registries over plain HTTP. */
export class Skopeo extends ContainersHome {
  skopeo(...args: string[]): string[] {
    return this.command('skopeo', ...args);
  }

  /** One skopeo command about one place: `inspect`, `list-tags`, `delete`. Returns what it printed. */
  async ask(verb: string, ...args: string[]): Promise<string> {
    return (await this.run(this.skopeo(verb, '--tls-verify=false', ...args))).stdout;
  }

  /** Copies everything below a reference, whatever the platform. */
  copy(from: string, to: string, ...flags: string[]): string[] {
    return this.skopeo('copy', '--all', ...PLAIN_HTTP, ...flags, from, to);
  }

  sync(from: string, to: string, source: string, destination: string, ...flags: string[]): string[] {
    return this.skopeo('sync', '--all', ...PLAIN_HTTP, ...flags, '--src', from, '--dest', to, source, destination);
  }

  login(registry: Registry, host = registry.host): Promise<unknown> {
    return this.run(this.loginCommand(registry, host), { input: registry.password });
  }

  loginCommand(registry: Registry, host = registry.host): string[] {
    return this.skopeo('login', '--tls-verify=false', '-u', registry.user, '--password-stdin', host);
  }
}
