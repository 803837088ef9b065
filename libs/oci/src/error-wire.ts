import * as errors from './errors.js';
import type { OciError, OciErrorOptions } from './oci-error.js';
import type { OciErrorKind } from './oci-errors.js';

/** An error between two processes, as JSON. The cause stays where it was. */
export interface WireError {
  kind: OciErrorKind;
  message?: string;
  detail?: unknown;
  data?: Record<string, unknown>;
}

type OciErrorClass = new (message?: string, options?: OciErrorOptions & { detail?: never }) => OciError;

const CLASSES: Record<OciErrorKind, OciErrorClass> = {
  blobUnknown: errors.BlobUnknown,
  blobUploadInvalid: errors.BlobUploadInvalid,
  blobUploadUnknown: errors.BlobUploadUnknown,
  digestInvalid: errors.DigestInvalid,
  manifestBlobUnknown: errors.ManifestBlobUnknown,
  manifestInvalid: errors.ManifestInvalid,
  manifestUnknown: errors.ManifestUnknown,
  nameInvalid: errors.NameInvalid,
  nameUnknown: errors.NameUnknown,
  sizeInvalid: errors.SizeInvalid,
  payloadTooLarge: errors.PayloadTooLarge,
  uriTooLong: errors.UriTooLong,
  rangeNotSatisfiable: errors.RangeNotSatisfiable,
  unauthorized: errors.Unauthorized,
  denied: errors.Denied,
  conflict: errors.Conflict,
  gone: errors.Gone,
  unprocessable: errors.Unprocessable,
  unsupported: errors.Unsupported,
  pageSizeInvalid: errors.PageSizeInvalid,
  tooManyRequests: errors.TooManyRequests,
  unavailable: errors.Unavailable,
  internalError: errors.InternalError,
};

export function toWire(error: OciError): WireError {
  return {
    kind: error.kind,
    message: error.message,
    ...(error.detail === undefined ? {} : { detail: error.detail }),
    ...(Object.keys(error.data).length === 0 ? {} : { data: error.data }),
  };
}

/** The same class with the same kind, message, detail and data. A kind of a newer release is an InternalError. */
export function fromWire(wire: WireError): OciError {
  if (!Object.hasOwn(CLASSES, wire.kind)) {
    return new errors.InternalError(`an error of the unknown kind ${JSON.stringify(wire.kind)} was received`);
  }
  const { message, detail, data } = wire;
  return new CLASSES[wire.kind](message, { detail: detail as never, data });
}
