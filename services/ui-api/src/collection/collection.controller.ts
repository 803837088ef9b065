import { CollectorPort } from '@lading/rpc';
import { Controller, Get, Header, HttpCode, Param, Post, Put, Query, Req, UseGuards } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AdministratorGuard } from '../access/administrator.guard.js';
import { conflict, notFound } from '../http/api-error.js';
import { toBlob, toCandidate, toStatus, toStop } from './collection.mapper.js';
import { readCandidatesQuery, readDigest, readPaceQuery, readPauseQuery } from './collection.schema.js';

/** Collection, as an administrator sees and steers it. */
@Controller('api/v4/gc')
@UseGuards(AdministratorGuard)
export class CollectionController {
  constructor(private readonly collector: CollectorPort) {}

  @Get('status')
  @Header('Cache-Control', 'no-store')
  async status() {
    return toStatus(await this.collector.getStatus({}));
  }

  @Get('candidates')
  @Header('Cache-Control', 'no-store')
  async candidates(@Query() query: unknown) {
    const { candidates, next } = await this.collector.listCandidates(readCandidatesQuery(query));
    return { candidates: candidates.map(toCandidate), next: next ?? null };
  }

  /** @throws ApiError 400, 404 */
  @Get('blobs/:digest')
  @Header('Cache-Control', 'no-store')
  async blob(@Param('digest') text: string) {
    const digest = readDigest(text);
    const { object } = await this.collector.describeBlob({ digest });
    if (object === undefined) throw notFound('no object has this digest');
    return toBlob(digest, object);
  }

  /** @throws ApiError 409 while nothing would be done */
  @Post('run')
  @HttpCode(202)
  async run() {
    const { pause } = await this.collector.getStatus({});
    if (pause) throw conflict('collection is paused');
    const { collectorId, round } = await this.collector.run({});
    return { collectorId, round };
  }

  @Post('pause')
  @HttpCode(200)
  async pause(@Query() query: unknown, @Req() { caller }: FastifyRequest) {
    const { pause } = await this.collector.pause({ ...readPauseQuery(query), actor: caller.principal });
    return { paused: toStop(pause) };
  }

  @Post('resume')
  @HttpCode(200)
  async resume(@Req() { caller }: FastifyRequest) {
    await this.collector.resume({ actor: caller.principal });
    return { paused: null };
  }

  /** The clocks are right: a halt ends. */
  @Post('confirm')
  @HttpCode(200)
  async confirm(@Req() { caller }: FastifyRequest) {
    await this.collector.confirm({ actor: caller.principal });
    return { halted: null };
  }

  @Put('pace')
  async pace(@Query() query: unknown, @Req() { caller }: FastifyRequest) {
    const { pace } = readPaceQuery(query);
    await this.collector.setPace({ pace, actor: caller.principal });
    return { pacePerSecond: pace ?? null };
  }

  @Post('reconcile')
  @HttpCode(202)
  async reconcile() {
    await this.collector.reconcile({});
    return {};
  }
}
