import * as parsers from './parsers.js';
import { Secret } from './secret.js';

const { byteSize, duration, grpcTarget, listenHost, networks, port, timerDuration, url } = parsers;

function read<T>(parser: parsers.Parser<T>, text: string): T | 'refused' {
  const result = parser.safeParse(text);
  return result.success ? result.data : 'refused';
}

describe('the parsers of settings', () => {
  it.each([
    ['250ms', 250],
    ['10s', 10_000],
    ['5m', 300_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
    ['365d', 31_536_000_000],
    ['366d', 'refused'],
    ['0s', 'refused'],
    ['10', 'refused'],
    ['1.5h', 'refused'],
    ['-1s', 'refused'],
    ['10 s', 'refused'],
    ['10S', 'refused'],
  ])('reads the duration %s as %s', (text, expected) => {
    expect(read(duration, text)).toBe(expected);
  });

  it('refuses a timer longer than a timer of Node can wait', () => {
    expect(read(timerDuration, '24d')).toBe(2_073_600_000);
    expect(read(timerDuration, '25d')).toBe('refused');
  });

  it.each([
    ['4MiB', 4_194_304],
    ['512KiB', 524_288],
    ['1GiB', 1_073_741_824],
    ['1000', 1000],
    ['0', 'refused'],
    ['4MB', 'refused'],
    ['2GiB', 2_147_483_648],
    ['2147483648', 2_147_483_648],
    ['2147483649', 'refused'],
    ['3GiB', 'refused'],
    ['9999999999999999GiB', 'refused'],
  ])('reads the size %s as %s', (text, expected) => {
    expect(read(byteSize(2048), text)).toBe(expected);
  });

  it.each([
    ['0', 0],
    ['65535', 65_535],
    ['65536', 'refused'],
    ['-1', 'refused'],
    ['5e3', 'refused'],
    ['', 'refused'],
  ])('reads the port %j as %s', (text, expected) => {
    expect(read(port, text)).toBe(expected);
  });

  it.each([
    ['127.0.0.1', true],
    ['::', true],
    ['registry.example.com', true],
    ['[::1]', false],
    ['1.2.3.4.5', false],
    ['127.0.0.1:5000', false],
    ['a b', false],
  ])('listens on %s: %s', (text, accepted) => {
    expect(read(listenHost, text)).toBe(accepted ? text : 'refused');
  });

  it.each([
    ['https://registry.example.com', 'https://registry.example.com'],
    ['https://registry.example.com/', 'https://registry.example.com'],
    ['http://10.0.0.1:5000', 'http://10.0.0.1:5000'],
    ['https://registry.example.com/path', 'refused'],
    ['https://user@registry.example.com', 'refused'],
    ['ftp://registry.example.com', 'refused'],
    ['registry.example.com', 'refused'],
  ])('reads the public address %s as %s', (text, expected) => {
    expect(read(url, text)).toBe(expected);
  });

  it.each([
    ['grpc://127.0.0.1:5051', '127.0.0.1:5051'],
    ['metadata:5051', 'metadata:5051'],
    ['grpc://[::1]:5051', '[::1]:5051'],
    ['metadata', 'refused'],
    ['http://metadata:5051', 'refused'],
    ['metadata:0', 'refused'],
    ['metadata:70000', 'refused'],
  ])('reads the gRPC address %s as %s', (text, expected) => {
    expect(read(grpcTarget, text)).toBe(expected);
  });

  it.each([
    ['', []],
    ['10.0.0.0/8, ::1', ['10.0.0.0/8', '::1']],
    ['10.0.0.0/33', 'refused'],
    ['fd00::/129', 'refused'],
    ['proxy', 'refused'],
    ['fe80::1%eth0', 'refused'],
  ])('reads the networks %j as %j', (text, expected) => {
    expect(read(networks, text)).toEqual(expected);
  });

  it('reads on and off, and a value out of a list', () => {
    expect([read(parsers.bool, 'on'), read(parsers.bool, 'off'), read(parsers.bool, 'true')]).toEqual([
      true,
      false,
      'refused',
    ]);
    expect([read(parsers.oneOf('a', 'b'), 'b'), read(parsers.oneOf('a', 'b'), 'c')]).toEqual(['b', 'refused']);
    expect([read(parsers.wholeNumber(0, 9), '9'), read(parsers.wholeNumber(0, 9), '10')]).toEqual([9, 'refused']);
  });

  it('takes a secret from its least length to its most', () => {
    const parser = parsers.secretText(8, 10);
    for (const length of [8, 10]) expect((read(parser, 'x'.repeat(length)) as Secret).reveal()).toHaveLength(length);
    for (const length of [7, 11]) expect(read(parser, 'x'.repeat(length))).toBe('refused');
    expect(read(parsers.secretText(8), 'x'.repeat(9999))).toBeInstanceOf(Secret);
  });

  it('keeps a database address secret, and refuses another scheme', () => {
    const read1 = read(parsers.postgresUrl, 'postgres://lading:pw@db/lading');
    expect(read1).toBeInstanceOf(Secret);
    expect((read1 as Secret).reveal()).toBe('postgres://lading:pw@db/lading');
    expect(read(parsers.postgresUrl, 'mysql://db/lading')).toBe('refused');
  });
});
