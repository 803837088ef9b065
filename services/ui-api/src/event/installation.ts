import type { AuthPort } from '@lading/rpc';

/** The installation's id, asked for once: it never changes. */
export class Installation {
  private found: string | undefined;

  constructor(private readonly auth: AuthPort) {}

  async id(): Promise<string> {
    this.found ??= (await this.auth.getKeys({})).issuer;
    return this.found;
  }
}
