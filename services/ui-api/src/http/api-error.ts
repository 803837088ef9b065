import { STATUS_CODES } from 'node:http';

/** A refusal of the REST API. Its body is `{"message": "403 Forbidden - ..."}`, as GitLab's clients read it. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  /** @param why said after the status; none says no more than that. */
  constructor(
    readonly status: number,
    why?: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(messageOf(status, why));
  }
}

/** The text of an error: the status, its name, and why. */
export function messageOf(status: number, why?: string): string {
  const start = `${status} ${STATUS_CODES[status]}`;
  return why === undefined ? start : `${start} - ${why}`;
}

export function badRequest(why: string): ApiError {
  return new ApiError(400, why);
}

/** The same for no credentials and wrong ones. RFC 9110 section 11.6.1: a 401 names a scheme. */
export function unauthorized(): ApiError {
  return new ApiError(401, undefined, { 'WWW-Authenticate': 'Basic realm="Lading", charset="UTF-8"' });
}

export function forbidden(why: string): ApiError {
  return new ApiError(403, why);
}

export function notFound(why: string): ApiError {
  return new ApiError(404, why);
}

export function conflict(why: string): ApiError {
  return new ApiError(409, why);
}

export function gone(why: string): ApiError {
  return new ApiError(410, why);
}
