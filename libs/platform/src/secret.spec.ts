import { inspect } from 'node:util';
import { Secret } from './secret.js';

describe('Secret', () => {
  const secret = new Secret('hunter2');

  it.each([
    ['a template', `${secret}`],
    ['a concatenation', ''.concat(secret as unknown as string)],
    ['String', String(secret)],
    ['JSON', JSON.stringify({ secret })],
    ['inspect', inspect({ secret }, { showHidden: true, depth: null })],
  ])('shows its mask and not its text in %s', (_way, shown) => {
    expect(shown).toContain('***');
    expect(shown).not.toContain('hunter2');
  });

  it('gives its text to who asks', () => {
    expect(secret.reveal()).toBe('hunter2');
  });
});
