import { warning } from './warning.js';

it('WARN-01: a warning has the code 299, no agent and no date, and its quotes and backslashes are escaped', () => {
  expect(warning('many clients read less')).toBe('299 - "many clients read less"');
  expect(warning('a "name" with \\')).toBe('299 - "a \\"name\\" with \\\\"');
});
