import type { ProjectRules } from '@lading/proto';
import { RulePort } from '@lading/rpc';
import { Body, Controller, Delete, Get, Header, HttpCode, Param, Patch, Post, Req, UseGuards } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AdministratorGuard } from '../access/administrator.guard.js';
import { ChangeTagRules } from './change-tag-rules.js';
import { type ShownRule, shownRules } from './tag-rule.mapper.js';
import { readChangedRule, readNewRule, readProject, readRuleId, unknownRule } from './tag-rule.schema.js';

/** Rules on the tags of a project, in the addresses and fields of GitLab. */
@Controller('api/v4/projects/:id/registry/protection/tag/rules')
@UseGuards(AdministratorGuard)
export class TagRulesController {
  constructor(
    private readonly rules: RulePort,
    private readonly change: ChangeTagRules,
  ) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  async list(@Param('id') project: string): Promise<ShownRule[]> {
    const { rules } = await this.rules.getProjectRules(readProject(project));
    return shownRules(rules as ProjectRules);
  }

  @Post()
  async add(
    @Param('id') project: string,
    @Body() body: unknown,
    @Req() { caller }: FastifyRequest,
  ): Promise<ShownRule | undefined> {
    const { pattern } = readNewRule(body);
    const rules = await this.change.execute(readProject(project), caller.principal, (before) => [
      ...before,
      { id: 0, pattern },
    ]);
    return shownRules(rules).at(-1);
  }

  @Patch(':ruleId')
  async alter(
    @Param() { id: project, ruleId }: Record<'id' | 'ruleId', string>,
    @Body() body: unknown,
    @Req() { caller }: FastifyRequest,
  ): Promise<ShownRule | undefined> {
    const id = readRuleId(ruleId);
    const { pattern } = readChangedRule(body);
    const rules = await this.change.execute(readProject(project), caller.principal, (before) => {
      if (!before.some((rule) => rule.id === id)) throw unknownRule();
      return before.map((rule) => (rule.id === id ? { id, pattern: pattern ?? rule.pattern } : rule));
    });
    return shownRules(rules).find((rule) => rule.id === id);
  }

  @Delete(':ruleId')
  @HttpCode(204)
  async remove(
    @Param() { id: project, ruleId }: Record<'id' | 'ruleId', string>,
    @Req() { caller }: FastifyRequest,
  ): Promise<void> {
    const id = readRuleId(ruleId);
    await this.change.execute(readProject(project), caller.principal, (before) => {
      if (!before.some((rule) => rule.id === id)) throw unknownRule();
      return before.filter((rule) => rule.id !== id);
    });
  }
}
