import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** Address of who sent the request. Nest's own `Ip` gives Fastify's, which reads fewer headers than `/v2/` does. */
export const ClientAddress = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<FastifyRequest>().clientAddress,
);
