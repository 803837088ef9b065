import type { Registry } from '../../support/registry.js';
import type { Answer } from './answer.js';
import { NOWHERE } from './content.js';
import { Http } from './http.js';

/** A password that a form has to escape: its plus is a plus, its percent sign begins no escape. */
export const ODD_PASSWORD = 'a+b %41&c=d:é"100%';

/** What the token endpoint answered. */
export interface TokenAnswer extends Answer {
  readonly json: Readonly<Record<string, unknown>>;
}

/** Sends token requests as they are written, and holds each answer to what is true of all of them. */
export class TokenEndpoint {
  private readonly http: Http;

  /** @param password of the administrator. */
  constructor(
    readonly registry: Pick<Registry, 'url' | 'user' | 'password'>,
    readonly password = registry.password,
  ) {
    this.http = new Http(registry);
  }

  /** `Authorization` of the administrator. */
  get basic(): string {
    return basicOf(this.registry.user, this.password);
  }

  /** @param query as sent, without `?`; @param authorization none asks as nobody. */
  get(query = '', authorization: string | undefined = this.basic): Promise<TokenAnswer> {
    return this.ask('GET', query === '' ? '/token' : `/token?${query}`, authorization ? { authorization } : {});
  }

  /** As nobody. */
  getAnonymously(query = ''): Promise<TokenAnswer> {
    return this.ask('GET', `/token?${query}`, {});
  }

  /** @param form as sent, or its fields. */
  post(form: string | Record<string, string>, headers: Record<string, string> = {}): Promise<TokenAnswer> {
    const body = typeof form === 'string' ? form : new URLSearchParams(form).toString();
    return this.ask('POST', '/token', { 'content-type': 'application/x-www-form-urlencoded', ...headers }, body);
  }

  async ask(method: string, path: string, headers: Record<string, string>, body?: string): Promise<TokenAnswer> {
    // A client that does not know the length sends the body in pieces.
    const pieces = body !== undefined && headers['transfer-encoding'] ? [Buffer.from(body)] : body;
    const answer = await this.http.exchange(method, path, { headers, body: pieces });
    const json = JSON.parse(answer.body.toString('utf8')) as Record<string, unknown>;
    assertTokenAnswer(answer, json);
    return { ...answer, json };
  }

  /** What `docker login` is given to keep. */
  async refreshToken(): Promise<string> {
    const { json } = await this.get('account=admin&client_id=docker&offline_token=true&service=lading');
    return String(json.refresh_token);
  }

  close(): void {
    this.http.close();
  }
}

export function basicOf(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** TOK-04, TOK-14, TOK-25 and RFC 6749 sections 5.1 and 5.2. */
function assertTokenAnswer({ status, headers }: Answer, json: Record<string, unknown>): void {
  expect(headers).toMatchObject({
    'cache-control': 'no-store',
    'content-type': expect.stringMatching(/^application\/json\b/),
    'x-content-type-options': 'nosniff',
    'content-security-policy': "sandbox; default-src 'none'",
  });
  expect(headers).not.toHaveProperty('set-cookie');
  if (status === 200) {
    expect(json.access_token).toBe(json.token);
    expect(String(json.token).length).toBeLessThan(4096);
    expect(json.expires_in).toBeGreaterThanOrEqual(60);
    expect(Number.isInteger(json.expires_in)).toBe(true);
    expect(json.issued_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(Math.abs(Date.now() - Date.parse(String(json.issued_at)))).toBeLessThan(60_000);
  } else {
    expect(json).toEqual({
      error: expect.stringMatching(/^[a-z_]+$/),
      error_description: expect.any(String),
      errors: [{ code: expect.stringMatching(/^[A-Z]+$/), message: json.error_description }],
    });
    expect(headers['www-authenticate']).toEqual(status === 401 ? expect.stringMatching(/^Basic realm=/) : undefined);
  }
}

/** What a token says it gives, as scopes: `repository:a/b:pull,push`, in order. */
export function accessOf({ json }: TokenAnswer): string[] {
  const claims = JSON.parse(Buffer.from(String(json.token).split('.')[1]!, 'base64url').toString()) as {
    access: { type: string; name: string; actions: string[] }[];
  };
  return claims.access.map(({ type, name, actions }) => `${type}:${name}:${actions.join(',')}`);
}

/**
 * What a token does: tried out, not read from it. The repository must exist and have the tag `v1`.
 *
 * @returns some of `pull,push,delete`, in this order; or empty
 */
export async function rightsOf(
  { registry }: TokenEndpoint,
  { json }: TokenAnswer,
  repository: string,
): Promise<string> {
  const http = new Http(registry, `Bearer ${json.token}`);
  const tries = {
    pull: await http.send('GET', `/v2/${repository}/manifests/v1`),
    push: await http.send('POST', `/v2/${repository}/blobs/uploads/`),
    // The answer to one who may is that it is not there.
    delete: await http.send('DELETE', `/v2/${repository}/manifests/${NOWHERE}`),
  };
  http.close();
  const expected = { pull: 200, push: 202, delete: 404 };
  const names = Object.keys(expected) as (keyof typeof expected)[];
  for (const name of names)
    expect([name, [expected[name], 401]]).toEqual([name, expect.arrayContaining([tries[name].status])]);
  return names.filter((name) => tries[name].status !== 401).join(',');
}

/** The status of a GET with this token. */
export async function statusWith({ registry }: TokenEndpoint, { json }: TokenAnswer, path: string): Promise<number> {
  const http = new Http(registry, `Bearer ${json.token}`);
  const { status } = await http.send('GET', path);
  http.close();
  return status;
}
