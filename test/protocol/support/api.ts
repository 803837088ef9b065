import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Registry } from '../../support/registry.js';
import type { Answer } from './answer.js';
import { readAnswer } from './http.js';

/** The REST API. Each request has a connection of its own, for another service may answer it than answers `/v2/`. */
export class Api {
  constructor(
    private readonly registry: Pick<Registry, 'url' | 'user' | 'password'>,
    private readonly authorization?: string | null,
  ) {}

  /** @param path below `/api/v4` */
  async get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return readAnswer(await this.open('GET', path, headers));
  }

  async send(method: string, path: string): Promise<Answer> {
    return readAnswer(await this.open(method, path, {}));
  }

  /** With a body of JSON, or none. */
  async call(method: string, path: string, body?: unknown): Promise<{ status: number; json: unknown }> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers: Record<string, string> = text === undefined ? {} : { 'content-type': 'application/json' };
    const answer = await readAnswer(await this.open(method, path, headers, text));
    return { status: answer.status, json: JSON.parse(answer.body.toString('utf8')) };
  }

  /** @throws unless the answer is 200 */
  async json<T>(path: string): Promise<T> {
    const { status, body } = await this.get(path);
    if (status !== 200) throw new Error(`${path}: ${status} ${body}`);
    return JSON.parse(body.toString('utf8'));
  }

  /** The answer once its head is there; its body is the caller's to read. */
  async open(method: string, path: string, headers: Record<string, string>, body?: string): Promise<IncomingMessage> {
    const { user, password, url } = this.registry;
    const basic = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    const authorization = this.authorization === undefined ? basic : this.authorization;
    const all = { ...(authorization !== null && { authorization }), ...headers };
    const req = request(`${url}/api/v4${path}`, { method, agent: false, headers: all });
    req.end(body);
    const [res] = (await once(req, 'response')) as [IncomingMessage];
    return res;
  }
}
