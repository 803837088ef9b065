import { Conflict } from '@lading/oci';
import { uuidV7 } from '@lading/platform';
import type { ProjectRules, TagRule } from '@lading/proto';
import type { RulePort } from '@lading/rpc';
import type { ProjectAddress } from './tag-rule.schema.js';

/** Attempts of a change that others were always faster than. Tools that set up a project send its rules all at once. */
const ATTEMPTS = 20;

/** Changes the rules of a project one by one: each change is made to what is there, whoever else makes some meanwhile. */
export class ChangeTagRules {
  constructor(private readonly rules: RulePort) {}

  /**
   * @param change what the rules become. It may run more than once.
   * @throws OciError of `metadata`: no such project, a pattern that cannot be used, too many rules.
   */
  async execute(
    project: ProjectAddress,
    principal: string,
    change: (rules: readonly TagRule[]) => TagRule[],
  ): Promise<ProjectRules> {
    for (let attempt = 1; ; attempt++) {
      const before = (await this.rules.getProjectRules(project)).rules as ProjectRules;
      const rules = { ...before, tagRules: change(before.tagRules) };
      try {
        const put = await this.rules.putProjectRules({ rules, operationId: uuidV7(), principal });
        return put.rules as ProjectRules;
      } catch (error) {
        if (attempt >= ATTEMPTS || !(error instanceof Conflict)) throw error;
      }
    }
  }
}
