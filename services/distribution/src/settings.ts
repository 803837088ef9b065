/** What `distribution` needs to know. */
export abstract class DistributionSettings {
  /** Scheme of the challenge in a 401 (`LADING_CHALLENGE`). */
  abstract readonly challenge: 'bearer' | 'basic';
  /** Largest manifest in bytes (`LADING_MANIFEST_LIMIT`). */
  abstract readonly manifestLimit: number;
  /** What a manifest may name before it is there (`LADING_SPARSE`). */
  abstract readonly sparse: 'off' | 'index' | 'all';
  /** Which pulls become events (`LADING_PULL_EVENTS`). */
  abstract readonly pullEvents: 'off' | 'manifests' | 'all';
  /** For whom a GET of a blob is an address in the store (`LADING_BLOB_REDIRECT`); nobody where it is empty. */
  abstract readonly redirect: readonly string[];
  /** How long such an address works, milliseconds (`LADING_BLOB_REDIRECT_TTL`). */
  abstract readonly redirectTtlMs: number;
  /** Where clients reach the registry; undefined on loopback, where the address that the client used is repeated. */
  abstract readonly publicUrl: string | undefined;
  /** Addresses and networks whose headers tell the client's address and the one it used (`LADING_TRUSTED_PROXIES`). */
  abstract readonly trustedProxies: readonly string[];
}
