/** Everything that `/v2/` answers instead of a result. */
export type OciErrorKind = keyof typeof OCI_ERRORS;

/**
 * Code, status and usual message of each kind. Codes of a 4xx are those of the distribution specification and no
 * others; where it has none for a case, the nearest one is used with the status that says more.
 *
 * No message is word for word what docker/distribution says: its client, which is in Docker, keeps only the code of such
 * an entry. Docker then does not know the error again, says "manifest unknown" and not of what, and repeats what was
 * denied.
 */
export const OCI_ERRORS = {
  blobUnknown: { code: 'BLOB_UNKNOWN', status: 404, message: 'blob unknown to the repository' },
  blobUploadInvalid: { code: 'BLOB_UPLOAD_INVALID', status: 400, message: 'the upload cannot take this request' },
  blobUploadUnknown: { code: 'BLOB_UPLOAD_UNKNOWN', status: 404, message: 'no such upload in this repository' },
  digestInvalid: { code: 'DIGEST_INVALID', status: 400, message: 'the digest is malformed or not that of the content' },
  manifestBlobUnknown: {
    code: 'MANIFEST_BLOB_UNKNOWN',
    status: 400,
    message: 'the manifest names content unknown to the repository',
  },
  manifestInvalid: { code: 'MANIFEST_INVALID', status: 400, message: 'the manifest is invalid' },
  manifestUnknown: { code: 'MANIFEST_UNKNOWN', status: 404, message: 'manifest unknown to the repository' },
  nameInvalid: { code: 'NAME_INVALID', status: 400, message: 'the repository name is invalid' },
  nameUnknown: { code: 'NAME_UNKNOWN', status: 404, message: 'repository name not known to the registry' },
  sizeInvalid: { code: 'SIZE_INVALID', status: 400, message: 'the length differs from the content received' },
  payloadTooLarge: { code: 'SIZE_INVALID', status: 413, message: 'the content is larger than allowed' },
  uriTooLong: { code: 'UNSUPPORTED', status: 414, message: 'the URL carries more than allowed' },
  rangeNotSatisfiable: { code: 'BLOB_UPLOAD_INVALID', status: 416, message: 'the range cannot be satisfied' },
  unauthorized: { code: 'UNAUTHORIZED', status: 401, message: 'authentication required for this request' },
  denied: { code: 'DENIED', status: 403, message: 'access to the resource is denied' },
  conflict: { code: 'UNSUPPORTED', status: 409, message: 'the request conflicts with what is there' },
  gone: { code: 'MANIFEST_UNKNOWN', status: 410, message: 'it was there, and is gone for good' },
  unprocessable: { code: 'UNSUPPORTED', status: 422, message: 'what is asked for breaks a rule of its own' },
  unsupported: { code: 'UNSUPPORTED', status: 405, message: 'the operation is unsupported' },
  pageSizeInvalid: { code: 'UNSUPPORTED', status: 400, message: 'n must be a whole number, 0 or greater' },
  tooManyRequests: { code: 'TOOMANYREQUESTS', status: 429, message: 'too many requests; try again later' },
  unavailable: {
    code: 'UNAVAILABLE',
    status: 503,
    message: 'the registry cannot do this at the moment; try again later',
  },
  internalError: { code: 'UNKNOWN', status: 500, message: 'unexpected error' },
} as const;
