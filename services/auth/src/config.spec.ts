import { readConfig } from './config.js';

const env = {
  LADING_DATABASE_URL: 'postgres://u:p@127.0.0.1/lading',
  LADING_METADATA_URL: 'grpc://127.0.0.1:5051',
  LADING_KEY_SECRET: 'k'.repeat(32),
  LADING_ADMIN_PASSWORD: 'long enough',
};

it('reads what auth needs alone', () => {
  const config = readConfig({ ...env, LADING_GC_LEASE: '1h' });
  expect(config.http.host).toBe('127.0.0.1');
  expect(config.grpc.metadataUrl).toBe('127.0.0.1:5051');
});

it('lists everything that is missing', () => {
  for (const name of Object.keys(env)) expect(() => readConfig({})).toThrow(`${name} is required`);
});

it.each([
  ['LADING_HOST', '0.0.0.0', 'must be a loopback address'],
  ['LADING_HOST', 'registry.example.com', 'must be a loopback address'],
  ['LADING_TOKEN_TTL', '59s', 'must be from 1m to 24h'],
  ['LADING_TOKEN_TTL', '25h', 'must be from 1m to 24h'],
  ['LADING_KEY_SECRET', 'short', 'at least 32'],
])('refuses %s=%s', (name, value, message) => {
  expect(() => readConfig({ ...env, [name]: value })).toThrow(message);
});
