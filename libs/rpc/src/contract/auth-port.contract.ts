import { Denied } from '@lading/oci';
import type { AuthPort } from '../ports.js';
import { expectRefusal } from './expect-refusal.js';

/** An account that may do everything. */
export interface KnownAccount {
  readonly username: string;
  readonly password: string;
  readonly principal: string;
}

/** What every adapter of `AuthPort` does. */
export function authPortContract(port: () => AuthPort, { username, password, principal }: KnownAccount): void {
  const credentials = { username, password, address: '127.0.0.1' };
  const pull = (name: string) => ({ type: 'repository', name, actions: ['pull'] });
  const tooMany = Array.from({ length: 101 }, (_, n) => `auth/app${n}`);

  it('gives the keys and the issuer', async () => {
    const { jwks, issuer } = await port().getKeys({});
    expect(JSON.parse(jwks).keys.length).toBeGreaterThan(0);
    expect(issuer).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('gives a grant for each scope, in the order asked', async () => {
    const answer = await port().authorizeBasic({ ...credentials, scopes: [pull('auth/app'), pull('BAD')] });
    expect(answer).toMatchObject({ authenticated: true, principal, credential: principal });
    expect(answer.grants).toMatchObject([
      { type: 'repository', name: 'auth/app', actions: ['pull'], projectLevel: 0, mayPush: true },
      { type: 'repository', name: 'BAD', actions: [], projectLevel: 0, mayPush: false },
    ]);
  });

  it('says that a password is wrong, and gives nothing', async () => {
    const answer = await port().authorizeBasic({ ...credentials, password: 'wrong', scopes: [pull('auth/app')] });
    expect(answer).toEqual({ authenticated: false, principal: '', credential: '', grants: [] });
  });

  it('lists what may be pulled, and nothing for an account that is not there', async () => {
    const names = ['auth/two', 'Bad', 'auth/app'];
    const { grants } = await port().authorizePull({ principal, credential: principal, names });
    expect(grants.map(({ name }) => name)).toEqual(['auth/two', 'auth/app']);
    expect(await port().authorizePull({ principal: 'account:9', credential: 'account:9', names })).toEqual({
      grants: [],
    });
  });

  it('knows an administrator, and takes nobody else for one', async () => {
    const ask = (asked: string, credential: string) => port().authorizeAdministrator({ principal: asked, credential });
    expect(await ask(principal, principal)).toEqual({ administrator: true });
    expect(await ask('account:9', 'account:9')).toEqual({ administrator: false });
    expect(await ask(principal, 'token:1')).toEqual({ administrator: false });
    expect(await ask('', '')).toEqual({ administrator: false });
  });

  it('tells the name of an account that is there', async () => {
    expect(await port().getUsername({ principal })).toEqual({ username });
    for (const nobody of ['account:9', '', 'token:1', 'collector'])
      expect((await port().getUsername({ principal: nobody })).username).toBeUndefined();
  });

  it('refuses more than 100 names or scopes', async () => {
    const refused = new Denied('at most 100 scopes in one request');
    await expectRefusal(port().authorizePull({ principal, credential: principal, names: tooMany }), refused);
    await expectRefusal(port().authorizeBasic({ ...credentials, scopes: tooMany.map(pull) }), refused);
  });
}
