import { uuidV7 } from './uuid-v7.js';

describe('uuidV7', () => {
  it('has the version and the variant of RFC 9562', () => {
    expect(uuidV7()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('carries the milliseconds in its first 48 bits', () => {
    const now = Date.now() + 60_000;
    expect(Number.parseInt(uuidV7(now).replace('-', '').slice(0, 12), 16)).toBe(now);
  });

  it('rises within a millisecond, beyond the counter, and when the clock is set back', () => {
    const now = Date.now() + 120_000;
    const ids = Array.from({ length: 20_000 }, (_, index) => uuidV7(now - (index % 7)));
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
