import { EventFeed } from '@lading/events';
import { Unavailable } from '@lading/oci';
import { Controller, Get } from '@nestjs/common';

/** Seconds after which the database counts as away. */
const PATIENCE_S = 2;

/** For whoever starts and watches the service. */
@Controller()
export class HealthController {
  constructor(private readonly feed: EventFeed) {}

  /** The process runs. */
  @Get('livez')
  live() {
    return { status: 'ok' };
  }

  /** Events can be read. @throws Unavailable */
  @Get('readyz')
  async ready() {
    const signal = AbortSignal.timeout(PATIENCE_S * 1000);
    const late = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    try {
      await Promise.race([this.feed.latest(), late]);
    } catch (cause) {
      throw new Unavailable('the database does not answer', { cause, retryAfterSeconds: PATIENCE_S });
    }
    return { status: 'ok' };
  }
}
