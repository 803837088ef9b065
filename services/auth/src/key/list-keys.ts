import type { GetKeysResponse } from '@lading/proto';
import type { KeyRing } from './key-ring.js';

/** The installation's public keys and its id, as whoever checks tokens needs them. */
export class ListKeys {
  constructor(
    private readonly keys: KeyRing,
    private readonly issuer: string,
  ) {}

  async execute(): Promise<GetKeysResponse> {
    return { jwks: JSON.stringify({ keys: await this.keys.publicKeys() }), issuer: this.issuer };
  }
}
