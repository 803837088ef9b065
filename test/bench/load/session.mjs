import { assertLoopback } from './assert-loopback.mjs';
import { parseChallenge } from './challenge.mjs';
import { Connection } from './connection.mjs';
import { requestHead } from './request-head.mjs';

/** @typedef {import('./response-parser.mjs').Answer} Answer */
/** @typedef {{user: string, password: string}} Credentials */
/** @typedef {{host: string, port: number, credentials?: Credentials}} Registry */

/**
 * Open connections to a registry with the one Authorization value that all their requests carry. The token is asked
 * for before the timed part, as a client that keeps its token does.
 */
export class Session {
  /**
   * @param {Registry} registry
   * @param {Connection[]} connections
   * @param {string} authorization empty when the registry asks for none
   */
  constructor(registry, connections, authorization) {
    this.registry = registry;
    this.connections = connections;
    this.authorization = authorization;
  }

  /**
   * @param {Registry} registry
   * @param {object} [options]
   * @param {number} [options.connections]
   * @param {string[]} [options.repositories] what the token is to push to and pull from
   * @param {boolean} [options.basic] sends the password with each request instead of a token, whose scopes are few
   */
  static async open(registry, { connections = 1, repositories = [], basic = false } = {}) {
    const opened = await Promise.all(Array.from({ length: connections }, () => Connection.open(registry)));
    const session = new Session(registry, opened, '');
    try {
      session.authorization = basic ? basicOf(registry) : await authorize(opened[0], registry, repositories);
    } catch (error) {
      session.close();
      throw error;
    }
    return session;
  }

  /** @param {Omit<Parameters<typeof requestHead>[0], 'to' | 'authorization'>} request */
  head(request) {
    return requestHead({ ...request, to: this.registry, authorization: this.authorization });
  }

  close() {
    for (const connection of this.connections) connection.close();
  }
}

/** @param {Registry} registry @returns {string} empty for a registry that asks for nothing */
function basicOf({ credentials }) {
  if (credentials === undefined) return '';
  return `Basic ${Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64')}`;
}

/**
 * @param {Connection} connection
 * @param {Registry} registry
 * @param {string[]} repositories
 * @returns {Promise<string>}
 */
async function authorize(connection, registry, repositories) {
  const probe = await connection.exchange(requestHead({ to: registry, method: 'GET', path: '/v2/' }));
  if (probe.status === 200) return '';
  const challenge = probe.status === 401 ? parseChallenge(probe.head) : undefined;
  if (challenge === undefined) throw new Error(`GET /v2/ answered ${probe.status} without a challenge we know`);
  if (registry.credentials === undefined)
    throw new Error('the registry wants credentials: --url NAME=http://user:password@...');
  const basic = basicOf(registry);
  return challenge.scheme === 'basic' ? basic : `Bearer ${await askToken(challenge, basic, repositories)}`;
}

/**
 * @param {import('./challenge.mjs').Challenge} challenge
 * @param {string} basic
 * @param {string[]} repositories
 */
async function askToken(challenge, basic, repositories) {
  const url = new URL(challenge.realm);
  assertLoopback(url.hostname);
  if (challenge.service !== undefined) url.searchParams.set('service', challenge.service);
  for (const name of repositories) url.searchParams.append('scope', `repository:${name}:pull,push`);
  const to = { host: url.hostname, port: Number(url.port || 80) };
  const connection = await Connection.open(to);
  try {
    /** @type {Buffer[]} */ const pieces = [];
    const head = requestHead({ to, method: 'GET', path: url.pathname + url.search, authorization: basic });
    const answer = await connection.exchange(head, { sink: (bytes) => pieces.push(Buffer.from(bytes)) });
    const text = Buffer.concat(pieces).toString();
    if (answer.status !== 200) throw new Error(`the token endpoint answered ${answer.status}: ${text.slice(0, 300)}`);
    const { token, access_token: accessToken } = JSON.parse(text);
    return token ?? accessToken;
  } finally {
    connection.close();
  }
}
