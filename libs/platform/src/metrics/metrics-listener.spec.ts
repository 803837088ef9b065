import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { IpNetworks } from '../client/ip-networks.js';
import { createLogger } from '../logger.js';
import { Secret } from '../secret.js';
import { Metrics } from './metrics.js';
import { type MetricsAccess, metricsListener } from './metrics-listener.js';

const logger = createLogger({ service: 'spec', level: 'fatal' });
const NONE = new IpNetworks([]);

/** What is answered to one request from this machine. */
async function ask(access: Partial<MetricsAccess>, init: RequestInit = {}, services = ['one']) {
  const metrics = services.map((service) => {
    const each = new Metrics(logger);
    each.add(service, async () => [{ name: `of_${service}`, help: 'A figure', value: 1 }]);
    return each;
  });
  const server = createServer(metricsListener(metrics, { token: undefined, trustedProxies: NONE, ...access }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`, init);
    return { status: answer.status, text: await answer.text(), type: answer.headers.get('content-type') };
  } finally {
    server.close();
  }
}

it('answers this machine, with the figures of all services and each name explained once', async () => {
  const { status, text, type } = await ask({}, {}, ['one', 'two']);
  expect([status, type]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
  expect(text).toContain('of_one 1');
  expect(text).toContain('of_two 1');
  expect(text.match(/# HELP lading_metrics_up/g)).toHaveLength(1);
  expect(text).toContain('lading_metrics_up{group="one"} 1\nlading_metrics_up{group="two"} 1');
});

it.each([
  ['a request that came through a proxy', {}, { 'x-forwarded-for': '192.0.2.1' }],
  ['one through a proxy that is trusted', { trustedProxies: new IpNetworks(['127.0.0.1']) }, {}],
  ['a wrong token', { token: new Secret('the token of the scraper') }, { authorization: 'Bearer another-token' }],
])('refuses %s', async (_, access, headers: Record<string, string>) => {
  expect((await ask(access, { headers })).status).toBe(401);
});

it('takes the token from anywhere', async () => {
  const headers = { 'x-forwarded-for': '192.0.2.1', authorization: 'Bearer the-token-of-the-scraper' };
  expect((await ask({ token: new Secret('the-token-of-the-scraper') }, { headers })).status).toBe(200);
});

it('reads alone', async () => {
  expect((await ask({}, { method: 'POST' })).status).toBe(405);
  expect((await ask({}, { method: 'HEAD' })).text).toBe('');
});
