import { Http } from './support/http.js';
import { limit } from './support/limit.js';
import { askToken } from './support/token.js';
import { useUnharmed } from './support/unharmed.js';

/** As long as a password may be. */
const PASSWORD = 'p'.repeat(limit('password-length').most);

const { registry, closing } = useUnharmed({ LADING_ADMIN_PASSWORD: PASSWORD });
const nobody = closing(new Http(registry));
const pair = `admin:${PASSWORD}`;

const base64 = (text: string) => Buffer.from(text).toString('base64');
const statusWith = async (path: string, authorization: string) =>
  (await nobody.exchange('GET', path, { headers: { authorization } })).status;

describe('AUTH-10: credentials', () => {
  it.each(['/v2/', '/token'])(
    'limit password-length: have a password as long as it may be and no longer, at %s',
    async (path) => {
      const { refusal } = limit('password-length');
      expect(await statusWith(path, `Basic ${base64(pair)}`)).toBe(200);
      const answer = await nobody.exchange('GET', path, { headers: { authorization: `Basic ${base64(`${pair}p`)}` } });
      expect(answer).toMatchObject(refusal);
    },
  );

  it('limit authorization-length: are in a header as long as it may be and no longer', async () => {
    const { most, refusal } = limit('authorization-length');
    const padded = (length: number) => `Basic ${base64(pair).padStart(length - 'Basic '.length)}`;
    expect(await statusWith('/v2/', padded(most))).toBe(200);
    const answer = await nobody.send('GET', '/v2/', { headers: { authorization: padded(most + 1) } });
    expect(answer).toMatchObject(refusal);
  });
});

describe('TOK-22: a form', () => {
  it('limit form-size: is as large as it may be and no larger, by its length and counted', async () => {
    const { most, refusal } = limit('form-size');
    const fields = `grant_type=password&username=admin&password=${pair.slice('admin:'.length)}&x=`;
    const post = (bytes: number, counted: boolean) => {
      const body = Buffer.from(fields.padEnd(bytes, 'x'));
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      return nobody.exchange('POST', '/token', { headers, body: counted ? [body] : body });
    };
    for (const counted of [false, true]) {
      expect((await post(most, counted)).status).toBe(200);
      expect(await post(most + 1, counted)).toMatchObject({ ...refusal, headers: { connection: 'close' } });
    }
  });
});

describe('TOK-18: an access token', () => {
  /** Asked for with 90 scopes whose names have so many characters in all. */
  const askFor = (characters: number) => {
    const lengths = Array.from({ length: 90 }, (_, n) => Math.floor((characters + n) / 90));
    const scopes = lengths.map((length, n) => `repository:${`long/a${n}`.padEnd(length, 'x')}:pull`);
    return askToken(registry, scopes, pair);
  };

  it('limit token-length: is as long as it may be and no longer, and good for the whole registry', async () => {
    const { most, refusal } = limit('token-length');
    const short = 90 * 20;
    const token = String((await askFor(short)).body.token);
    const [, payload = ''] = token.split('.');
    // A payload of three bytes is four characters.
    const room = Math.floor(((most - token.length + payload.length) * 3) / 4) - Math.floor((payload.length * 3) / 4);
    const longest = await askFor(short + room);
    expect(longest.status).toBe(200);
    expect([most - 1, most]).toContain(String(longest.body.token).length);
    expect(await statusWith('/v2/', `Bearer ${longest.body.token}`)).toBe(200);
    const longer = await askFor(short + room + 1);
    expect([longer.status, longer.body.errors]).toEqual([
      refusal.status,
      [{ code: refusal.codes[0], message: expect.stringContaining('ask for fewer') }],
    ]);
  });

  it('limit token-life: says when it ends', async () => {
    const { body } = await askToken(registry, [], pair);
    const [, payload = ''] = String(body.token).split('.');
    const { iat, exp } = JSON.parse(Buffer.from(payload, 'base64url').toString());
    expect([exp - iat, body.expires_in]).toEqual(Array(2).fill(limit('token-life').most / 1000));
  });

  it('limit scope-actions: has as many actions of a scope as it may and no more', async () => {
    const { most } = limit('scope-actions');
    const others = (count: number) => Array.from({ length: count }, (_, n) => `a${String.fromCharCode(97 + n)}`);
    const actionsOf = async (count: number) => {
      const { body } = await askToken(
        registry,
        [`repository:limits/app:${[...others(count), 'pull'].join(',')}`],
        pair,
      );
      const [, payload = ''] = String(body.token).split('.');
      return JSON.parse(Buffer.from(payload, 'base64url').toString()).access[0].actions as string[];
    };
    expect(await actionsOf(most - 1)).toEqual(['pull']);
    expect(await actionsOf(most)).toEqual([]);
  });
});
