import { Controller, Get, Header, UseGuards } from '@nestjs/common';
import { AdministratorGuard } from '../access/administrator.guard.js';
import { type EndpointStatus, Notifications } from './notifications.js';

/** How the endpoints of notifications are doing. */
@Controller('api/v4/notifications')
@UseGuards(AdministratorGuard)
export class NotificationsController {
  constructor(private readonly notifications: Notifications) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  async list(): Promise<{ endpoints: EndpointStatus[] }> {
    return { endpoints: await this.notifications.list() };
  }
}
