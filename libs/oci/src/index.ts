export {
  type Digest,
  type DigestAlgorithm,
  digestAlgorithm,
  digestEncoded,
  digestOf,
  isDigest,
  isSupportedAlgorithm,
  isSupportedDigest,
  MAX_DIGEST_LENGTH,
  parseDigest,
} from './digest.js';
export { digestFromBytes, digestToBytes } from './digest-bytes.js';
export { fromWire, toWire, type WireError } from './error-wire.js';
export {
  BlobUnknown,
  BlobUploadInvalid,
  BlobUploadUnknown,
  Conflict,
  Denied,
  DigestInvalid,
  Gone,
  InternalError,
  ManifestBlobUnknown,
  ManifestInvalid,
  ManifestUnknown,
  NameInvalid,
  NameUnknown,
  PageSizeInvalid,
  PayloadTooLarge,
  RangeNotSatisfiable,
  RetryLater,
  SizeInvalid,
  TooManyRequests,
  Unauthorized,
  Unavailable,
  Unprocessable,
  Unsupported,
  UriTooLong,
} from './errors.js';
export {
  MAX_JSON_DEPTH,
  MAX_JSON_MEMBERS,
  MAX_JSON_PARTS,
  MAX_REFERENCES,
  type ManifestEdge,
  type ParsedManifest,
} from './manifest.js';
export { isForeignLayer, mediaTypes } from './media-types.js';
export { OciError, type OciErrorOptions } from './oci-error.js';
export { OCI_ERRORS, type OciErrorKind } from './oci-errors.js';
export { parseManifest } from './parse-manifest.js';
export { parseReference, type Reference } from './reference.js';
export { type ErrorEntry, type RenderedErrors, renderErrors } from './render-errors.js';
export {
  isRepositoryName,
  MAX_REPOSITORY_NAME_LENGTH,
  parseRepositoryName,
  type RepositoryName,
  repositoryComponents,
} from './repository-name.js';
export { isFallbackTag, isTag, MAX_TAG_LENGTH, parseTag, type Tag } from './tag.js';
