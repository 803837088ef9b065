import { Controller, Get, Header } from '@nestjs/common';
import { ListKeys } from './list-keys.js';

/** RFC 7517: the keys that access tokens are signed with, for whoever checks one. */
@Controller('jwks')
export class JwksController {
  constructor(private readonly listKeys: ListKeys) {}

  /** Kept by no cache longer than a new key stays unused (`PUBLISHED_BEFORE_USE_S`). */
  @Get()
  @Header('Content-Type', 'application/jwk-set+json')
  @Header('Cache-Control', 'public, max-age=30')
  async get(): Promise<string> {
    return (await this.listKeys.execute()).jwks;
  }
}
