import { Unavailable } from '@lading/oci';
import { Controller, Get } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** Seconds after which the database counts as away. */
const PATIENCE_S = 2;

/** For whoever starts and watches the service. */
@Controller()
export class HealthController {
  constructor(private readonly dataSource: DataSource) {}

  /** The process runs. */
  @Get('livez')
  live() {
    return { status: 'ok' };
  }

  /** Tokens can be given. @throws Unavailable */
  @Get('readyz')
  async ready() {
    const signal = AbortSignal.timeout(PATIENCE_S * 1000);
    const late = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    try {
      await Promise.race([this.dataSource.query('SELECT 1'), late]);
    } catch (cause) {
      throw new Unavailable('the database does not answer', { cause, retryAfterSeconds: PATIENCE_S });
    }
    return { status: 'ok' };
  }
}
