import { OCI_ERRORS, type OciErrorKind } from './oci-errors.js';

export interface OciErrorOptions {
  /** Shown to the caller as JSON beside the message. */
  detail?: unknown;
  /** JSON for the code that answers (an offset, a delay); never shown. */
  data?: Record<string, unknown>;
  /** For the log of this process; it does not travel. */
  cause?: unknown;
}

/** What the domain throws. Its kind decides status and code (`OCI_ERRORS`). */
export abstract class OciError extends Error {
  readonly kind: OciErrorKind;
  readonly detail: unknown;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(kind: OciErrorKind, message?: string, options: OciErrorOptions = {}) {
    super(message ?? OCI_ERRORS[kind].message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.kind = kind;
    this.detail = options.detail;
    this.data = options.data ?? {};
  }

  /** The code in the body, such as `BLOB_UNKNOWN`. */
  get code(): string {
    return OCI_ERRORS[this.kind].code;
  }

  /** The HTTP status. */
  get status(): number {
    return OCI_ERRORS[this.kind].status;
  }
}
