import type { ResolvedScope } from '@lading/proto';
import { ANONYMOUS, type Principal } from '../account/principal.js';
import { decideGrant } from './decide-grant.js';

const admin: Principal = { id: 'account:1', credential: 'account:1', isAdmin: true };
const person: Principal = { ...admin, isAdmin: false };
const place: ResolvedScope = { name: 'a/b', projectId: 4, projectLevel: 2, groupId: 3, groupLevel: 1, resolvedXid: 9 };
const ask = (name: string, ...actions: string[]) => ({ type: 'repository', name, actions });

it('gives the administrator what was asked, in the order of the table, and where the name leads', () => {
  expect(decideGrant(admin, ask('a/b', 'delete', 'pull'), place)).toEqual({
    ...ask('a/b', 'pull', 'delete'),
    projectId: 4,
    projectLevel: 2,
    groupId: 3,
    resolvedXid: 9,
    mayPush: true,
  });
});

it('writes out what * asks for', () => {
  expect(decideGrant(admin, ask('a/b', '*'), place).actions).toEqual(['pull', 'push', 'delete']);
  expect(decideGrant(admin, { type: 'registry', name: 'catalog', actions: ['*'] }, undefined).actions).toEqual(['*']);
});

it.each<[string, Principal, string, string, string]>([
  ['anonymous', ANONYMOUS, 'repository', 'a/b', 'pull'],
  ['anonymous', ANONYMOUS, 'repository', 'a/b', '*'],
  ['anonymous', ANONYMOUS, 'registry', 'catalog', '*'],
  ['an account without a role', person, 'repository', 'a/b', 'pull'],
  ['an account without a role', person, 'registry', 'catalog', '*'],
  ['the administrator', admin, 'repository', 'UPPER/case', 'pull'],
  ['the administrator', admin, 'repository', 'host:5000/a', 'pull'],
  ['the administrator', admin, 'repository', 'a/b', 'fly'],
  ['the administrator', admin, 'registry', 'other', '*'],
  ['the administrator', admin, 'planet', 'a/b', 'pull'],
])('lists without actions what %s %# may not', (_, principal, type, name, action) => {
  const asked = { type, name, actions: [action] };
  expect(decideGrant(principal, asked, undefined)).toEqual({
    type,
    name,
    actions: [],
    projectId: undefined,
    projectLevel: 0,
    groupId: undefined,
    resolvedXid: 0,
    mayPush: false,
  });
});
