import fc from 'fast-check';
import { formatScope, parseScopes, scopeTexts } from './scope.js';

const repository = (name: string, ...actions: string[]) => ({ type: 'repository', name, actions });

it.each([
  ['repository:a/b:pull', [repository('a/b', 'pull')]],
  ['repository:a/b:pull,push', [repository('a/b', 'pull', 'push')]],
  ['repository:localhost:5000/a/b:pull', [repository('localhost:5000/a/b', 'pull')]],
  ['repository(plugin):a/b:pull,push', [repository('a/b', 'pull', 'push')]],
  ['registry:catalog:*', [{ type: 'registry', name: 'catalog', actions: ['*'] }]],
  ['repository:a/b:', [repository('a/b')]],
  ['repository:a/b:PULL,pull,,pull', [repository('a/b', 'pull')]],
  ['other:x:pull', [{ type: 'other', name: 'x', actions: ['pull'] }]],
  ['', []],
  ['pull', []],
  ['repository:a', []],
  ['repository::pull', []],
  [':a:pull', []],
  ['(plugin):a:pull', []],
  ['repository(plugin)(x):a/b:pull', [repository('a/b', 'pull')]],
  [`repository:${'a'.repeat(600)}:pull`, []],
])('reads %j', (text, scopes) => {
  expect(parseScopes([text])).toEqual(scopes);
});

it('limit action-length: leaves out an action with more letters than it may have', () => {
  const [longest, longer] = ['a'.repeat(32), 'a'.repeat(33)];
  expect(parseScopes([`repository:a/b:${longest},${longer},pull`])).toEqual([repository('a/b', longest, 'pull')]);
});

it('makes one of several that name the same repository, and keeps the order', () => {
  expect(parseScopes(['repository:a/b:pull repository:c/d:pull', 'repository:a/b:pull,push'])).toEqual([
    repository('a/b', 'pull', 'push'),
    repository('c/d', 'pull'),
  ]);
});

it('reads any text without an error and writes again what it read', () => {
  const part = fc.stringMatching(/^[a-z:(),*/ ]{0,30}$/);
  fc.assert(
    fc.property(fc.array(fc.oneof(part, fc.string())), (parameters) => {
      const scopes = parseScopes(parameters);
      expect(scopes.length).toBeLessThanOrEqual(scopeTexts(parameters).length);
      expect(parseScopes(scopes.map(formatScope))).toEqual(scopes);
    }),
  );
});
