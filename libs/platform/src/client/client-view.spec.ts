import type { IncomingHttpHeaders } from 'node:http';
import fc from 'fast-check';
import { clientView } from './client-view.js';
import { IpNetworks } from './ip-networks.js';

// 10.0.0.0/8 and fd00::/8 are trusted proxies, 192.0.2.0/24 is where clients are, 203.0.113.0/24 what liars write.
const TRUSTED = new IpNetworks(['10.0.0.0/8', 'fd00::/8']);
const NEAR = '10.0.0.1';
const EDGE = '10.0.0.2';
const CLIENT = '192.0.2.7';
const LIE = '203.0.113.9';

const view = (headers: IncomingHttpHeaders, peer = NEAR) => clientView({ host: 'in:5000', ...headers }, peer, TRUSTED);
const addressOf = (headers: IncomingHttpHeaders, peer = NEAR) => view(headers, peer).address;
const urlOf = (headers: IncomingHttpHeaders, peer = NEAR) => {
  const { scheme, host } = view(headers, peer);
  return `${scheme}://${host}`;
};

const ALL = {
  'x-forwarded-for': LIE,
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'lie.test',
  'x-forwarded-port': '1',
};

describe('a peer that is no trusted proxy', () => {
  it.each([CLIENT, '::1', '127.0.0.1', '', undefined])('is the client itself, whatever it sends: %s', (peer) => {
    const headers = { ...ALL, forwarded: `for=${LIE};host=lie.test;proto=https`, host: 'in:5000' };
    expect(clientView(headers, peer, TRUSTED)).toEqual({ address: peer ?? '', scheme: 'http', host: 'in:5000' });
  });

  it('has its address in canonical form', () => {
    expect(addressOf({}, '::ffff:192.0.2.7')).toBe(CLIENT);
  });
});

describe('X-Forwarded-For', () => {
  it.each([
    ['nothing', undefined, NEAR],
    ['an empty list', ' , ,', NEAR],
    ['the client', CLIENT, CLIENT],
    ['what the client invented, and the client', `${LIE}, ${CLIENT}`, CLIENT],
    ['the client and a proxy', `${LIE},${CLIENT}, ${EDGE}`, CLIENT],
    ['proxies alone', `10.9.9.9, ${EDGE}`, '10.9.9.9'],
    ['a proxy and what the client invented before it', `${LIE}, 10.9.9.9, ${CLIENT}`, CLIENT],
    ['an IPv4 address with its port', `${CLIENT}:4711`, CLIENT],
    ['an IPv6 address', '2001:DB8::0:7', '2001:db8::7'],
    ['an IPv6 address in brackets', '[2001:db8::7]', '2001:db8::7'],
    ['an IPv6 address in brackets with its port', '[2001:db8::7]:4711', '2001:db8::7'],
    ['a quoted one', `"[2001:db8::7]:4711", "${EDGE}"`, '2001:db8::7'],
    ['a mapped one, through a mapped proxy', `::ffff:${CLIENT}, ::ffff:${EDGE}`, CLIENT],
    ['no address', `${CLIENT}, unknown`, NEAR],
    ['an obfuscated one behind a proxy', `${CLIENT}, _hidden, ${EDGE}`, EDGE],
    ['garbage', `${CLIENT}, \u0000"[[, ${EDGE}`, EDGE],
  ])('that tells %s', (_what, header, address) => {
    expect(addressOf({ 'x-forwarded-for': header })).toBe(address);
  });

  it('is believed from a proxy whose address arrives mapped', () => {
    expect(addressOf({ 'x-forwarded-for': CLIENT }, `::ffff:${NEAR}`)).toBe(CLIENT);
  });
});

describe('X-Forwarded-Proto, -Host and -Port', () => {
  it.each([
    ['', {}, 'http://in:5000'],
    ['scheme', { 'x-forwarded-proto': 'HTTPS' }, 'https://in:5000'],
    ['another scheme', { 'x-forwarded-proto': 'wss' }, 'http://in:5000'],
    ['host', { 'x-forwarded-host': 'r.test' }, 'http://r.test'],
    ['host with port', { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'r.test:8443' }, 'https://r.test:8443'],
    ['IPv6 host', { 'x-forwarded-host': '[::1]:5000' }, 'http://[::1]:5000'],
    ['no valid host', { 'x-forwarded-host': 'r.test/x"' }, 'http://in:5000'],
    ['port', { host: 'r.test', 'x-forwarded-proto': 'https', 'x-forwarded-port': '8443' }, 'https://r.test:8443'],
    ['port beside one of the host', { 'x-forwarded-port': '8443' }, 'http://in:5000'],
    ['no valid port', { host: 'r.test', 'x-forwarded-port': '0x50' }, 'http://r.test'],
    ['the port of https', { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'r.test:443' }, 'https://r.test'],
    ['the port of http', { 'x-forwarded-host': 'r.test', 'x-forwarded-port': '80' }, 'http://r.test'],
    ['the port of the other', { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'r.test:80' }, 'https://r.test:80'],
    ['a path, which counts for nothing', { 'x-forwarded-prefix': '/registry' }, 'http://in:5000'],
  ])('that tell %s', (_what, headers, url) => {
    expect(urlOf(headers)).toBe(url);
  });

  it('count as the outermost trusted proxy wrote them', () => {
    const one = { 'x-forwarded-for': `${LIE}, ${CLIENT}` };
    expect(urlOf({ ...one, 'x-forwarded-proto': 'https, http', 'x-forwarded-host': 'lie.test, r.test' })).toBe(
      'http://r.test',
    );
    const two = { 'x-forwarded-for': `${LIE}, ${CLIENT}, ${EDGE}` };
    expect(
      urlOf({ ...two, 'x-forwarded-proto': 'http, https, http', 'x-forwarded-host': 'lie.test, r.test, in' }),
    ).toBe('https://r.test');
    expect(urlOf({ ...two, 'x-forwarded-proto': 'https', 'x-forwarded-host': 'r.test' })).toBe('https://r.test');
  });
});

describe('Forwarded', () => {
  it.each([
    [`for=${CLIENT}`, CLIENT],
    [`for=${LIE}, for=${CLIENT}`, CLIENT],
    [`for=${LIE}, for=${CLIENT};by=x, For="${EDGE}:80"`, CLIENT],
    ['for="[2001:db8::7]:_port"', '2001:db8::7'],
    ['for=2001:db8::7', '2001:db8::7'],
    [`for=${CLIENT}, for=_hidden, for=${EDGE}`, EDGE],
    [`for=${CLIENT}, for=unknown`, NEAR],
    [`for=${CLIENT}, proto=https`, NEAR],
    [`for="${CLIENT}`, NEAR],
    [`for="x, for=${CLIENT}`, NEAR],
  ])('%s tells the address', (forwarded, address) => {
    expect(addressOf({ forwarded })).toBe(address);
  });

  it.each([
    [`for=${CLIENT};proto=https;host=r.test`, 'https://r.test'],
    [`for=${CLIENT};proto=https;host="r.test:8443"`, 'https://r.test:8443'],
    [`for=${LIE};proto=https;host=lie.test, for=${CLIENT}`, 'http://in:5000'],
    [`for=${CLIENT};proto=https;host=r.test, for=${EDGE};proto=http;host=in`, 'https://r.test'],
    [`for=${CLIENT}, for=${EDGE};proto=https;host=r.test`, 'https://r.test'],
    ['proto=https;host=r.test', 'https://r.test'],
    ['proto=https;host="r.test', 'http://in:5000'],
    [`for=${CLIENT};proto=ftp;host="r.test/x"`, 'http://in:5000'],
  ])('%s tells scheme and host', (forwarded, url) => {
    expect(urlOf({ forwarded })).toBe(url);
  });
});

describe('Forwarded beside X-Forwarded headers', () => {
  const x = { 'x-forwarded-for': CLIENT, 'x-forwarded-proto': 'https', 'x-forwarded-host': 'r.test' };

  it('counts where both tell the same, or one of them alone', () => {
    const both = { ...x, forwarded: `for="${CLIENT}:1";proto=https;host=r.test` };
    expect([addressOf(both), urlOf(both)]).toEqual([CLIENT, 'https://r.test']);
    const halves = { 'x-forwarded-for': CLIENT, forwarded: 'proto=https;host=r.test' };
    expect([addressOf(halves), urlOf(halves)]).toEqual([CLIENT, 'https://r.test']);
  });

  it('takes neither where they differ: one of them came from the client', () => {
    const lie = { ...x, forwarded: `for=${LIE};proto=http;host=lie.test` };
    expect([addressOf(lie), urlOf(lie)]).toEqual([NEAR, 'http://in:5000']);
    const hidden = { ...x, 'x-forwarded-for': LIE, forwarded: `for="x, for=${CLIENT};proto=https` };
    expect([addressOf(hidden), urlOf(hidden)]).toEqual([NEAR, 'http://in:5000']);
  });
});

it('takes no invalid Host', () => {
  for (const host of ['', 'a"b', 'a b', 'x,y', 'x:99999', undefined]) expect(view({ host }).host).toBeUndefined();
});

it('never throws, and tells no address that it was not given', () => {
  const node = fc.constantFrom(
    CLIENT,
    LIE,
    EDGE,
    `"[2001:db8::7]:1"`,
    'unknown',
    '_x',
    '"',
    '\\',
    'for=',
    ';',
    ' ',
    '::',
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(node).map((nodes) => nodes.join(',')),
    fc.array(node).map((nodes) => nodes.map((one) => `for=${one};proto=https;host=${one}`).join(',')),
  );
  const names = ['host', 'forwarded', ...Object.keys(ALL)] as const;
  const headers = fc.record(Object.fromEntries(names.map((name) => [name, text])), { requiredKeys: [] });
  fc.assert(
    fc.property(headers, fc.constantFrom(NEAR, CLIENT, '', undefined), (sent, peer) => {
      const { address, scheme, host } = clientView(sent, peer, TRUSTED);
      expect(`${Object.values(sent)} ${peer ?? ''}`.toLowerCase()).toContain(address);
      expect(new URL(`${scheme}://${host ?? 'x'}/token`).pathname).toBe('/token');
    }),
  );
});
