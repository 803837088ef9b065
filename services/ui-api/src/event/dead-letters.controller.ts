import { CollectorPort } from '@lading/rpc';
import { Controller, Get, Header, HttpCode, Param, Post, UseGuards } from '@nestjs/common';
import { AdministratorGuard } from '../access/administrator.guard.js';
import { badRequest, conflict, notFound } from '../http/api-error.js';

/** Letters in the list. */
const MOST = 1_000;

/** Events that a consumer gave up. The collectors are the only consumer that keeps any. */
@Controller('api/v4/events/dead-letters')
@UseGuards(AdministratorGuard)
export class DeadLettersController {
  constructor(private readonly collector: CollectorPort) {}

  /** The oldest thousand. */
  @Get()
  @Header('Cache-Control', 'no-store')
  async list() {
    const { letters } = await this.collector.listDeadLetters({ limit: MOST });
    return {
      letters: letters.map(({ id, consumer, eventId, type, subject, error, buriedMs, topic, position }) => {
        const given = new Date(buriedMs).toISOString();
        return { id, consumer, eventId, type, subject, topic, cursor: `${position}`, error, givenUp: given };
      }),
    };
  }

  /** Handles one again. @throws ApiError 404, 409 when it goes wrong again */
  @Post(':id/send-again')
  @HttpCode(200)
  async sendAgain(@Param('id') text: string) {
    if (!/^[1-9]\d{0,15}$/.test(text)) throw badRequest('an id is a whole number');
    const { error, unknown } = await this.collector.sendDeadLetterAgain({ id: Number(text) });
    if (unknown) throw notFound('there is no such letter');
    if (error !== undefined) throw conflict(`it went wrong again: ${error}`);
    return {};
  }
}
