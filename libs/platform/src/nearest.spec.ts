import { nearest } from './nearest.js';

describe('nearest', () => {
  it.each([
    ['LADING_PROT', 'LADING_PORT'],
    ['LADING_GC_INTERVALL', 'LADING_GC_INTERVAL'],
    ['LADING_HST', 'LADING_HOST'],
  ])('finds for %s the name %s', (name, expected) => {
    expect(nearest(name, ['LADING_HOST', 'LADING_PORT', 'LADING_GC_INTERVAL', 'LADING_DATA_DIR'])).toBe(expected);
  });

  it('gives undefined when there is nothing to choose from', () => {
    expect(nearest('LADING_PORT', [])).toBeUndefined();
  });
});
