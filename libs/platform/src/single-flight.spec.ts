import { SingleFlight } from './single-flight.js';

describe('SingleFlight', () => {
  it('runs the work once for callers of one key, and again after it ended', async () => {
    const flights = new SingleFlight<string, number>();
    let result = 0;
    const work = jest.fn(async () => {
      result += 1;
      return result;
    });
    expect(await Promise.all([flights.run('a', work), flights.run('a', work), flights.run('b', work)])).toEqual([
      1, 1, 2,
    ]);
    expect(work).toHaveBeenCalledTimes(2);
    expect(await flights.run('a', work)).toBe(3);
    expect(work).toHaveBeenCalledTimes(3);
    expect(flights.size).toBe(0);
  });

  it('gives an error to every caller and keeps nothing of it, thrown at once or later', async () => {
    const flights = new SingleFlight<string, number>();
    const fail = (): Promise<number> => {
      throw new Error('broken');
    };
    const both = await Promise.allSettled([flights.run('a', fail), flights.run('a', async () => 1)]);
    expect(both.map((result) => result.status)).toEqual(['rejected', 'rejected']);
    expect(await flights.run('a', async () => 2)).toBe(2);
  });
});
