import { OciError, RetryLater, renderErrors } from '@lading/oci';
import { answerPlainly, type Logger } from '@lading/platform';
import { databaseAwayOr } from '@lading/rpc';
import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { notAForm, TokenRefused } from '../token/token-refused.js';

/** The one place where an error becomes an answer. A 5xx is logged here and says nothing but the request's id. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    // A request that was cut bears the same code as a connection to the database, and a status besides.
    const error = statusOf(thrown) < 500 ? thrown : databaseAwayOr(thrown);
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const { status, body } = this.render(error, request.id);
    if (status === 413) {
      refuseLongBody(request, reply, (error as Error).message);
      return;
    }
    void reply.header('Cache-Control', 'no-store');
    if (error instanceof RetryLater) void reply.header('Retry-After', String(error.retryAfterSeconds));
    // RFC 9110 section 11.6.1: a 401 names a scheme.
    if (status === 401) void reply.header('WWW-Authenticate', 'Basic realm="Lading", charset="UTF-8"');
    void reply.status(status).send(body);
  }

  private render(error: unknown, requestId: string): { status: number; body: object } {
    if (error instanceof TokenRefused) return error;
    const status = statusOf(error);
    // Fastify's own, of a Content-Type that it cannot read. Clients try their other dialect after a 400 (TOK-22).
    if (status === 415) return notAForm();
    if (!(error instanceof OciError) && status < 500) {
      return { status, body: { errors: [{ code: 'UNSUPPORTED', message: (error as Error).message }] } };
    }
    const rendered = renderErrors(error, requestId);
    if (rendered.status >= 500) this.logger.error({ err: error, requestId }, 'the request failed');
    return rendered;
  }
}

/**
 * The server closes the connection after a body that is too long. As much of it is read before as lets the client see the
 * answer (HTTP-20), which Fastify does not do: the client would find its connection reset.
 */
function refuseLongBody(request: FastifyRequest, reply: FastifyReply, message: string): void {
  reply.hijack();
  answerPlainly(request.raw, reply.raw, { status: 413, message, close: true });
}

/** Of a Nest exception (`status`: no such route) or a Fastify error (`statusCode`: body too large). */
function statusOf(error: unknown): number {
  const { status, statusCode } = (error ?? {}) as { status?: unknown; statusCode?: unknown };
  const found = [status, statusCode].find((value) => typeof value === 'number' && value >= 400 && value < 500);
  return (found as number | undefined) ?? 500;
}
