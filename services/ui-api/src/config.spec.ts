import { readConfig } from './config.js';

const env = {
  LADING_DATABASE_URL: 'postgres://u:p@127.0.0.1/lading',
  LADING_METADATA_URL: 'grpc://127.0.0.1:5051',
  LADING_AUTH_URL: 'grpc://127.0.0.1:5052',
  LADING_GC_URL: 'grpc://127.0.0.1:5053',
};

it('reads what ui-api needs alone', () => {
  const config = readConfig({ ...env, LADING_GC_LEASE: '1h' });
  expect(config.http.host).toBe('127.0.0.1');
  expect(config.grpc).toEqual({ metadataUrl: '127.0.0.1:5051', authUrl: '127.0.0.1:5052', gcUrl: '127.0.0.1:5053' });
});

it('lists everything that is missing', () => {
  for (const name of Object.keys(env)) expect(() => readConfig({})).toThrow(`${name} is required`);
});
