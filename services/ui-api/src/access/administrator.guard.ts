import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Callers } from './callers.js';

/** Lets administrators in. */
@Injectable()
export class AdministratorGuard implements CanActivate {
  constructor(private readonly callers: Callers) {}

  /** @throws ApiError 401, 403 */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const caller = await this.callers.identify(request.headers.authorization, request.clientAddress);
    await this.callers.assertAdministrator(caller);
    request.caller = caller;
    return true;
  }
}
