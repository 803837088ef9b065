import { Secret } from '@lading/platform';
import { KeySealer, WrongKeySecret } from './seal.js';

const sealer = new KeySealer(new Secret('one secret of more than 32 characters'));
const plain = Buffer.from('a private key');

it('opens what it sealed, and seals differently each time', () => {
  const sealed = sealer.seal('kid', plain);
  expect(sealer.open('kid', sealed)).toEqual(plain);
  expect(sealed.includes(plain)).toBe(false);
  expect(sealer.seal('kid', plain)).not.toEqual(sealed);
});

it('opens nothing under another secret, under another key id, or cut short', () => {
  const sealed = sealer.seal('kid', plain);
  const other = new KeySealer(new Secret('another secret of more than 32 chars.'));
  expect(() => other.open('kid', sealed)).toThrow(WrongKeySecret);
  expect(() => sealer.open('other', sealed)).toThrow(WrongKeySecret);
  for (let length = 0; length < sealed.length; length += 1) {
    expect(() => sealer.open('kid', sealed.subarray(0, length))).toThrow(WrongKeySecret);
  }
});

it('notices a change of any byte', () => {
  const sealed = sealer.seal('kid', plain);
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = Buffer.from(sealed);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(() => sealer.open('kid', changed)).toThrow(WrongKeySecret);
  }
});

it('says in one line what to do', () => {
  expect(new WrongKeySecret().message).toMatch(/^LADING_KEY_SECRET [^\n]+$/);
});
