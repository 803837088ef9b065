import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '@lading/platform';
import { KeySecretBroken, keySecretOf } from './key-secret.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lading-key-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

it('makes a secret that only its owner can read, and finds it again', () => {
  const made = keySecretOf(dir, undefined).reveal();
  expect(made.length).toBeGreaterThanOrEqual(32);
  expect(statSync(join(dir, 'key-secret')).mode & 0o777).toBe(0o600);
  expect(keySecretOf(dir, undefined).reveal()).toBe(made);
});

it('takes the setting where there is one, and writes nothing', () => {
  expect(keySecretOf(dir, new Secret('configured')).reveal()).toBe('configured');
  expect(() => readFileSync(join(dir, 'key-secret'))).toThrow();
});

it('refuses a file that was cut short, because keys would be sealed with nothing', () => {
  writeFileSync(join(dir, 'key-secret'), '');
  expect(() => keySecretOf(dir, undefined)).toThrow(KeySecretBroken);
});
