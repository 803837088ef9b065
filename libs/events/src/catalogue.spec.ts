import { EVENT_CATALOGUE } from './catalogue.js';

describe('the event catalogue', () => {
  it('names every type dev.lading.<noun>.<verb in the past>.v<n>', () => {
    for (const type of Object.keys(EVENT_CATALOGUE))
      expect(type).toMatch(/^dev\.lading\.[a-z]+\.(?:[a-z]+ed|set)\.v[1-9]\d*$/);
  });

  it('refuses data without the repository it happened in', () => {
    const schema = EVENT_CATALOGUE['dev.lading.tag.deleted.v1'];
    expect(schema.safeParse({ tag: 'v1', digest: 'sha256:00', manifestId: 1 }).success).toBe(false);
  });
});
