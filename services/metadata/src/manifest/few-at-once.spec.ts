import { FewAtOnce } from './few-at-once.js';

it('runs a few works at once and the others in order, also behind one that failed', async () => {
  const few = new FewAtOnce(2);
  const begun: number[] = [];
  const ends: ((failure?: Error) => void)[] = [];
  const work = (n: number) =>
    few.run(() => {
      begun.push(n);
      return new Promise<number>((resolve, reject) => {
        ends[n] = (failure) => (failure ? reject(failure) : resolve(n));
      });
    });
  const works = [0, 1, 2, 3, 4].map(work);
  expect(begun).toEqual([0, 1]);
  ends[1]?.(new Error('failed'));
  await expect(works[1]).rejects.toThrow('failed');
  expect(begun).toEqual([0, 1, 2]);
  ends[0]?.();
  ends[2]?.();
  expect([await works[0], await works[2]]).toEqual([0, 2]);
  expect(begun).toEqual([0, 1, 2, 3, 4]);
  ends[3]?.();
  ends[4]?.();
  await Promise.all([works[3], works[4]]);
  expect(await few.run(async () => 'free')).toBe('free');
});
