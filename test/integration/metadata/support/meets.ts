import type { Meeting } from './lane.js';
import { broken, ends, type Lanes } from './meet.js';

/**
 * Two tests of a meeting: no order breaks a rule, and each ends in one of the legal ways. Where a step that waits stays
 * pending, every legal way must also come up. Where it fails after 150 ms, one side may be blocked instead.
 */
export function meets<Scene>(
  whom: string,
  lanes: () => Lanes,
  { meeting, legal }: { meeting: Meeting<Scene>; legal: string[] },
) {
  it(`meets ${whom} in every order`, async () => {
    const results = await lanes().run(meeting, 'pends');
    expect(broken(results).slice(0, 3)).toEqual([]);
    expect(Object.keys(ends(results)).sort()).toEqual([...legal].sort());
  });

  it(`meets ${whom} in every order, where a wait of 150 ms ends a side`, async () => {
    const results = await lanes().run(meeting, 'fails');
    expect(broken(results).slice(0, 3)).toEqual([]);
    const sides = legal.map((each) => each.split(' / ') as [string, string]);
    const blocked = sides.flatMap(([a, b]) => [`blocked / ${b}`, `${a} / blocked`]);
    expect([...legal, ...blocked]).toEqual(expect.arrayContaining(Object.keys(ends(results))));
  });
}
