import { SAFE_HEADERS } from '@lading/platform';
import { Controller, Get, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AdministratorGuard } from '../access/administrator.guard.js';
import { OpenStreams } from '../stream/open-streams.js';
import { readFeedQuery } from './event.schema.js';
import { FollowEvents } from './follow-events.js';
import { ListEvents } from './list-events.js';
import { ListSnapshot } from './list-snapshot.js';

const NO_STORE = { 'Cache-Control': 'no-store', Vary: 'Accept' };

/** nginx keeps answers back until it has some kilobytes, unless told not to. */
const STREAM = { ...SAFE_HEADERS, ...NO_STORE, 'X-Accel-Buffering': 'no' };

function streamHead({ id }: FastifyRequest, type: string) {
  return { ...STREAM, 'X-Request-Id': id, 'Content-Type': type };
}

/** The feed of events: pages, a stream, and what to begin with. */
@Controller('api/v4/events')
@UseGuards(AdministratorGuard)
export class EventsController {
  constructor(
    private readonly listEvents: ListEvents,
    private readonly followEvents: FollowEvents,
    private readonly listSnapshot: ListSnapshot,
    private readonly streams: OpenStreams,
  ) {}

  @Get()
  async list(@Query() query: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    if (wantsStream(request.headers.accept)) return this.follow(query, request, reply);
    await reply.headers(NO_STORE).send(await this.listEvents.execute(readFeedQuery(query)));
  }

  @Get('snapshot')
  async snapshot(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    this.streams.assertRoom();
    const make = await this.listSnapshot.execute();
    reply.hijack();
    await this.streams.send(reply.raw, streamHead(request, 'application/x-ndjson'), make);
  }

  private async follow(query: unknown, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { after } = readFeedQuery(query, request.headers['last-event-id']);
    this.streams.assertRoom();
    const make = await this.followEvents.execute(after, request.caller);
    reply.hijack();
    await this.streams.send(reply.raw, streamHead(request, 'text/event-stream'), make, { mayEndAnywhere: true });
  }
}

/** Browsers' `EventSource` asks for nothing else. */
function wantsStream(accept: string | undefined): boolean {
  return (accept ?? '').split(',').some((type) => type.split(';')[0]?.trim().toLowerCase() === 'text/event-stream');
}
