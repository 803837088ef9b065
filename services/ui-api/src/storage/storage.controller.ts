import { SAFE_HEADERS } from '@lading/platform';
import type { GetStorageRequest } from '@lading/proto';
import { StoragePort } from '@lading/rpc';
import { Controller, Get, Header, Param, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AdministratorGuard } from '../access/administrator.guard.js';
import { notFound } from '../http/api-error.js';
import { OpenStreams } from '../stream/open-streams.js';
import { ReadPlan } from './read-plan.js';
import { toLedger, toStorage } from './storage.mapper.js';
import { readId, readPlanTime, readProject } from './storage.schema.js';

/** What takes room, and what would be free. */
@Controller('api/v4')
@UseGuards(AdministratorGuard)
export class StorageController {
  constructor(
    private readonly storage: StoragePort,
    private readonly readPlan: ReadPlan,
    private readonly streams: OpenStreams,
  ) {}

  /** As of a minute ago at most. @throws Unavailable while it takes long to count */
  @Get('storage')
  @Header('Cache-Control', 'no-store')
  async ledger() {
    return toLedger(await this.storage.getLedger({}));
  }

  /** @throws ApiError 404 */
  @Get('projects/:id/storage')
  @Header('Cache-Control', 'no-store')
  project(@Param('id') text: string) {
    return this.storageOf({ ...NO_ONE, ...readProject(text) });
  }

  /** @throws ApiError 400, 404 */
  @Get('registry/repositories/:id/storage')
  @Header('Cache-Control', 'no-store')
  repository(@Param('id') text: string) {
    return this.storageOf({ ...NO_ONE, repositoryId: readId(text) });
  }

  /** @throws ApiError 400, 503 */
  @Get('gc/plan')
  async plan(@Query() query: unknown, @Req() { id }: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const at = readPlanTime(query);
    this.streams.assertRoom();
    const make = await this.readPlan.execute(at);
    reply.hijack();
    const head = { ...SAFE_HEADERS, 'Cache-Control': 'no-store', 'X-Request-Id': id };
    await this.streams.send(reply.raw, { ...head, 'Content-Type': 'application/x-ndjson' }, make);
  }

  private async storageOf(request: GetStorageRequest) {
    const { storage } = await this.storage.getStorage(request);
    if (storage === undefined) throw notFound('there is nothing with this id or path');
    return toStorage(storage);
  }
}

const NO_ONE: GetStorageRequest = { repositoryId: undefined, projectId: undefined, projectPath: undefined };
