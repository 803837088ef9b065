import { OciError, type OciErrorOptions } from './oci-error.js';

/** Seconds. What a caller is told to wait when nothing better is known. */
export const DEFAULT_RETRY_AFTER_SECONDS = 60;

/** Digests. More are not listed: in a cluster the error travels in a gRPC trailer, which has little room. */
export const MAX_MISSING_DIGESTS = 100;

export class BlobUnknown extends OciError {
  constructor(message?: string, options?: OciErrorOptions) {
    super('blobUnknown', message, options);
  }
}

/** The upload exists, but the request does not fit it. */
export class BlobUploadInvalid extends OciError {
  constructor(message?: string, options?: OciErrorOptions) {
    super('blobUploadInvalid', message, options);
  }
}

/** No such upload: never opened, expired, cancelled or finished. */
export class BlobUploadUnknown extends OciError {
  constructor(message?: string, options?: OciErrorOptions) {
    super('blobUploadUnknown', message, options);
  }
}

/** A digest that is malformed, of an unsupported algorithm on push, or not that of the content. */
export class DigestInvalid extends OciError {
  constructor(message?: string, options?: OciErrorOptions) {
    super('digestInvalid', message, options);
  }
}

/** Never for a refusal by policy: clients answer this code with a rewritten manifest. */
export class ManifestInvalid extends OciError {
  constructor(message?: string, options?: OciErrorOptions) {
    super('manifestInvalid', message, options);
  }
}

export class ManifestUnknown extends OciError {
  constructor(message?: string, options?: OciErrorOptions) {
    super('manifestUnknown', message, options);
  }
}

export class NameInvalid extends OciError {
  constructor(message?: string, options?: OciErrorOptions) {
    super('nameInvalid', message, options);
  }
}

export class NameUnknown extends OciError {
  constructor(message?: string, options?: OciErrorOptions) {
    super('nameUnknown', message, options);
  }
}

/** The body is not as long as the request said. */
export class SizeInvalid extends OciError {
  constructor(message?: string, options?: OciErrorOptions) {
    super('sizeInvalid', message, options);
  }
}

export class PayloadTooLarge extends OciError {
  constructor(message?: string, options?: OciErrorOptions) {
    super('payloadTooLarge', message, options);
  }
}

/** More query parameters or tags in one request than allowed. */
export class UriTooLong extends OciError {
  constructor(message?: string, options?: OciErrorOptions) {
    super('uriTooLong', message, options);
  }
}

/** A range beyond the end of a blob, or a chunk that does not begin at the offset of its upload. */
export class RangeNotSatisfiable extends OciError {
  constructor(message?: string, options?: OciErrorOptions) {
    super('rangeNotSatisfiable', message, options);
  }
}

/** No token, a bad one, or one without the scope; the answer carries a challenge. */
export class Unauthorized extends OciError {
  constructor(message?: string, options?: OciErrorOptions) {
    super('unauthorized', message, options);
  }
}

/** A policy refuses a caller who is known and whose token suffices. */
export class Denied extends OciError {
  constructor(message?: string, options?: OciErrorOptions) {
    super('denied', message, options);
  }
}

/** What is asked for would have to take the place of something else. Never on `/v2/`. */
export class Conflict extends OciError {
  constructor(message?: string, options?: OciErrorOptions) {
    super('conflict', message, options);
  }
}

/** The time in which it could be had back is over. Never on `/v2/`. */
export class Gone extends OciError {
  constructor(message?: string, options?: OciErrorOptions) {
    super('gone', message, options);
  }
}

/** Well formed, and not acceptable: the message says what is wrong with it. Never on `/v2/`. */
export class Unprocessable extends OciError {
  constructor(message?: string, options?: OciErrorOptions) {
    super('unprocessable', message, options);
  }
}

/** A feature that is off, or a method that the path does not have. */
export class Unsupported extends OciError {
  constructor(message?: string, options?: OciErrorOptions) {
    super('unsupported', message, options);
  }
}

/** The query parameter `n` is no whole number of 0 or more. */
export class PageSizeInvalid extends OciError {
  constructor(message?: string, options?: OciErrorOptions) {
    super('pageSizeInvalid', message, options);
  }
}

/** `detail` lists the missing digests, of which the first 100 are kept; the body gets one entry for each. */
export class ManifestBlobUnknown extends OciError {
  declare readonly detail: readonly string[];

  constructor(message?: string, options: OciErrorOptions & { detail?: readonly string[] } = {}) {
    super('manifestBlobUnknown', message, { ...options, detail: (options.detail ?? []).slice(0, MAX_MISSING_DIGESTS) });
  }
}

export interface RetryLaterOptions extends OciErrorOptions {
  retryAfterSeconds?: number;
}

/** An error that passes by itself; the answer carries `Retry-After`. */
export abstract class RetryLater extends OciError {
  constructor(kind: 'tooManyRequests' | 'unavailable', message?: string, options: RetryLaterOptions = {}) {
    const { retryAfterSeconds, ...rest } = options;
    super(
      kind,
      message,
      retryAfterSeconds === undefined ? rest : { ...rest, data: { ...rest.data, retryAfterSeconds } },
    );
  }

  /** Seconds, at least 1. */
  get retryAfterSeconds(): number {
    const seconds = Number(this.data.retryAfterSeconds ?? DEFAULT_RETRY_AFTER_SECONDS);
    return seconds >= 1 ? Math.ceil(seconds) : 1;
  }
}

export class TooManyRequests extends RetryLater {
  constructor(message?: string, options?: RetryLaterOptions) {
    super('tooManyRequests', message, options);
  }
}

/** Storage or database is away or full, or the registry is read-only. The message is shown. */
export class Unavailable extends RetryLater {
  constructor(message?: string, options?: RetryLaterOptions) {
    super('unavailable', message, options);
  }
}

/** Anything unexpected. The message is for the log and never shown. */
export class InternalError extends OciError {
  constructor(message?: string, options?: OciErrorOptions) {
    super('internalError', message, options);
  }
}
