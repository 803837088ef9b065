import { readChangedRule, readNewRule, readProject, readRuleId } from './tag-rule.schema.js';

const push = 'minimum_access_level_for_push';
const remove = 'minimum_access_level_for_delete';

it('a project is its id, or its path in lower case', () => {
  expect(readProject('12')).toEqual({ projectId: 12 });
  expect(readProject('Acme/App')).toEqual({ path: 'acme/app' });
  for (const text of ['', 'a b', '/acme', `${'9'.repeat(16)} `]) {
    expect(() => readProject(text)).toThrow(expect.objectContaining({ status: 400 }));
  }
});

it('a rule is its id; anything else is no rule', () => {
  expect(readRuleId('7')).toBe(7);
  for (const text of ['0', '-1', 'x', '1'.repeat(20)]) {
    expect(() => readRuleId(text)).toThrow(expect.objectContaining({ status: 404 }));
  }
});

it('a rule without levels is one of immutable tags, whichever way they are left out', () => {
  for (const levels of [{}, { [push]: null, [remove]: null }, { [push]: '', [remove]: '' }]) {
    expect(readNewRule({ tag_name_pattern: '^v', ...levels })).toEqual({ pattern: '^v' });
  }
  expect(readChangedRule({})).toEqual({ pattern: undefined });
});

it.each([{ [push]: 'maintainer', [remove]: 'owner' }, { [push]: 'admin' }, { [remove]: 'owner' }])(
  'a rule with levels is refused with what there is: %j',
  (levels) => {
    for (const read of [readNewRule, readChangedRule]) {
      expect(() => read({ tag_name_pattern: '^v', ...levels })).toThrow(
        expect.objectContaining({ status: 422, message: expect.stringContaining('only rules of immutable tags') }),
      );
    }
  },
);

it.each([
  [undefined, 'JSON object'],
  [[], 'JSON object'],
  [{}, 'tag_name_pattern'],
  [{ tag_name_pattern: 7 }, 'tag_name_pattern'],
  [{ tag_name_pattern: '^v', [push]: 'guest' }, push],
  [{ tag_name_pattern: '^v', [remove]: 40 }, remove],
])('%j is answered with 400 and what is wrong', (body, why) => {
  expect(() => readNewRule(body)).toThrow(
    expect.objectContaining({ status: 400, message: expect.stringContaining(why) }),
  );
});
