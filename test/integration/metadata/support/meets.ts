import type { Meeting } from './lane.js';
import { broken, ends, type Lanes } from './meet.js';

/**
 * Two tests of a meeting: no order breaks a rule, and each ends in one of the legal ways. Where a step that waits stays
 * pending, every legal way must also come up, and a side that starts a second transaction ends as 40001. Where it fails after
 * 150 ms, one side may be blocked instead, and one that starts over may end as in `startedOver`.
 */
export function meets<Scene>(
  whom: string,
  lanes: () => Lanes,
  { meeting, legal, startedOver = [] }: { meeting: Meeting<Scene>; legal: string[]; startedOver?: string[] },
) {
  it(`meets ${whom} in every order`, async () => {
    const results = await lanes().run(meeting, 'pends');
    expect(broken(results).slice(0, 3)).toEqual([]);
    expect(Object.keys(ends(results)).sort()).toEqual([...legal].sort());
  });

  it(`meets ${whom} in every order, where a wait of 150 ms ends a side`, async () => {
    const results = await lanes().run(meeting, 'fails');
    expect(broken(results).slice(0, 3)).toEqual([]);
    const all = [...legal, ...startedOver];
    const sides = all.map((each) => each.split(' / ') as [string, string]);
    const blocked = sides.flatMap(([a, b]) => [`blocked / ${b}`, `${a} / blocked`]);
    expect([...all, ...blocked]).toEqual(expect.arrayContaining(Object.keys(ends(results))));
  });
}
