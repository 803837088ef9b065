import { uuidV7 } from '@lading/platform';
import { DeletedKind } from '@lading/proto';
import { DeletionPort } from '@lading/rpc';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Req, UseGuards } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AdministratorGuard } from '../access/administrator.guard.js';
import { Scopes } from '../access/scopes.js';
import { deletedOf } from './deleted.mapper.js';
import { readDeletedQuery, readName, readPurge, readUndeletion } from './deletion.schema.js';
import { Undelete, type Undeleted } from './undelete.js';

const PURGED_KINDS = {
  manifest: DeletedKind.DELETED_KIND_MANIFEST,
  repository: DeletedKind.DELETED_KIND_REPOSITORY,
  project: DeletedKind.DELETED_KIND_PROJECT,
} as const;

/** Deletes of whole repositories and projects, and the way back from every delete. */
@Controller('api/v4')
@UseGuards(AdministratorGuard)
export class DeletionController {
  constructor(
    private readonly deletions: DeletionPort,
    private readonly scopes: Scopes,
    private readonly undelete: Undelete,
  ) {}

  @Get('deleted')
  async list(@Query() query: unknown): Promise<object> {
    const { deleted, next } = await this.deletions.listDeleted(readDeletedQuery(query));
    return { deleted: deleted.map(deletedOf), next };
  }

  @Post('undelete')
  @HttpCode(200)
  bringBack(@Body() body: unknown, @Req() { caller }: FastifyRequest): Promise<Undeleted> {
    return this.undelete.execute(readUndeletion(body), caller);
  }

  @Post('purge')
  @HttpCode(202)
  async purge(@Body() body: unknown, @Req() { caller }: FastifyRequest): Promise<object> {
    const { kind, ...what } = readPurge(body);
    const by = { principal: caller.principal, operationId: uuidV7() };
    const { manifests } = await this.deletions.purgeDeleted({ kind: PURGED_KINDS[kind], ...what, ...by });
    return { kind, name: what.name, manifests };
  }

  @Delete('registry/repositories/:name')
  @HttpCode(202)
  async deleteRepository(@Param('name') text: string, @Req() { caller }: FastifyRequest): Promise<object> {
    const name = readName(text);
    const scope = await this.scopes.of(name, caller);
    const { repositoryId } = await this.deletions.deleteRepository({ scope, operationId: uuidV7() });
    return { kind: 'repository', name, id: repositoryId };
  }

  @Delete('projects/:path')
  @HttpCode(202)
  async deleteProject(@Param('path') text: string, @Req() { caller }: FastifyRequest): Promise<object> {
    const path = readName(text);
    const request = { path, principal: caller.principal, operationId: uuidV7() };
    const { projectId, repositories } = await this.deletions.deleteProject(request);
    return { kind: 'project', name: path, id: projectId, repositories };
  }
}
