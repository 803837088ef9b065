import { OciError, RetryLater } from '@lading/oci';
import type { Logger } from '@lading/platform';
import { databaseAwayOr } from '@lading/rpc';
import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from './api-error.js';

/** The one place where an error becomes an answer. A 5xx is logged here and says nothing but the request's id. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const error = toApiError(thrown);
    if (error.status >= 500) this.logger.error({ err: thrown, requestId: request.id }, 'the request failed');
    const isOurs = error.status === 500;
    void reply.headers({ ...error.headers, 'Cache-Control': 'no-store' }).status(error.status);
    void reply.send({ message: error.message, ...(isOurs && { requestId: request.id }) });
  }
}

function toApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  const status = clientStatusOf(thrown);
  if (status !== undefined) return new ApiError(status);
  const error = databaseAwayOr(thrown);
  if (error instanceof RetryLater) {
    return new ApiError(error.status, error.message, { 'Retry-After': String(error.retryAfterSeconds) });
  }
  return error instanceof OciError && error.status < 500
    ? new ApiError(error.status, error.message)
    : new ApiError(500);
}

/** Of a Nest exception (`status`: no such route) or a Fastify error (`statusCode`: body too large). */
function clientStatusOf(error: unknown): number | undefined {
  if (error instanceof OciError) return undefined;
  const { status, statusCode } = (error ?? {}) as { status?: unknown; statusCode?: unknown };
  return [status, statusCode].find(
    (value): value is number => typeof value === 'number' && value >= 400 && value < 500,
  );
}
