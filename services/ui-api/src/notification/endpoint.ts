import type { Secret } from '@lading/platform';

/** A receiver of notifications, as the operator set it up. */
export interface Endpoint {
  /** What its queue is known by: a new name begins with what happens from then on. */
  readonly name: string;
  /** May hold a secret, so only its origin is ever shown. */
  readonly url: Secret;
  /** Sent to the origin of `url`, and to no other that it redirects to. */
  readonly headers: readonly { readonly name: string; readonly values: readonly Secret[] }[];
  /** Milliseconds for one POST, redirects included. */
  readonly timeoutMs: number;
  /** Failures in a row after which there is a pause before each further try. */
  readonly threshold: number;
  /** That pause, milliseconds. */
  readonly backoffMs: number;
  readonly disabled: boolean;
  readonly ignore: {
    readonly mediaTypes: readonly string[];
    readonly actions: readonly string[];
    /** In upper case. */
    readonly methods: readonly string[];
  };
  /** Whether what a manifest names is listed in its push. */
  readonly references: boolean;
  /** Most events in one POST. */
  readonly batch: number;
  /** Milliseconds after which an event that could not be delivered is dropped. */
  readonly maxAgeMs: number;
  /** What POSTs are signed with (Standard Webhooks): 24 to 64 bytes in base64. */
  readonly secret: Secret | undefined;
  /** Whether a redirect may lead to a private address of another host than that of `url`. */
  readonly privateRedirects: boolean;
}
