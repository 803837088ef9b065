/** What the server sent back for one request. */
export interface Answer {
  readonly status: number;
  /** Names in lower case; values of a header that came several times are joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Of an error: the codes of its body, in order. */
  readonly codes: string[];
}

interface ErrorEntry {
  code: string;
  message: string;
  detail?: unknown;
}

/** The entries of an error's body. Throws if the body is not what the specification says. */
export function errorsIn(answer: Answer): ErrorEntry[] {
  const { errors } = JSON.parse(answer.body.toString('utf8')) as { errors: ErrorEntry[] };
  expect(Array.isArray(errors) && errors.length > 0).toBe(true);
  for (const { code, message } of errors) {
    expect(code).toMatch(/^[A-Z_]+$/);
    expect(typeof message).toBe('string');
  }
  return errors;
}

/**
 * Holds an answer on `/v2/` to what is true of every one of them: BASE-06, HTTP-12, HTTP-13, HTTP-15, HTTP-35, ERR-01,
 * ERR-02, ERR-04, ERR-11, AUTH-01.
 */
export function assertCommon(method: string, answer: Answer): void {
  const { status, headers, body } = answer;
  expect(headers).toMatchObject({
    'docker-distribution-api-version': 'registry/2.0',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "sandbox; default-src 'none'",
    'x-request-id': expect.stringMatching(/^[\w-]+$/),
    date: expect.any(String),
  });
  for (const absent of ['content-encoding', 'transfer-encoding', 'set-cookie'])
    expect(headers).not.toHaveProperty(absent);
  expect(headers['content-type'] ?? '').not.toContain(';');
  if (status === 204 || status === 304) expect(body).toHaveLength(0);
  else expect(headers['content-length']).toMatch(/^\d+$/);
  if (method === 'HEAD') expect(body).toHaveLength(0);
  else if (status !== 304) expect(body).toHaveLength(Number(headers['content-length'] ?? 0));
  if (status >= 400) assertError(method, answer);
  if (status === 401)
    expect(headers['www-authenticate']).toMatch(/^Bearer realm="[^"]+",service="[^"]+"(,\w+="[^"]+")*$/);
  else expect(headers).not.toHaveProperty('www-authenticate');
}

function assertError(method: string, answer: Answer): void {
  expect(answer.headers['content-type']).toBe('application/json');
  if (method !== 'HEAD') errorsIn(answer);
  expect(answer.body.toString()).not.toMatch(/\n\s+at |node_modules|\/services\/|ECONN/);
}

/** Holds to its form an answer of the server itself, to what never reached an application. */
export function assertRefusal(answer: Answer, connection = 'close'): void {
  expect(answer.headers).toMatchObject({
    connection,
    'content-type': 'application/json',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "sandbox; default-src 'none'",
    'docker-distribution-api-version': 'registry/2.0',
    date: expect.any(String),
  });
  expect(answer.headers).not.toHaveProperty('transfer-encoding');
  assertError('GET', answer);
}
