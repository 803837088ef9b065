import { HeadWatch } from './head-watch.js';

/** A log's end, and how often it was looked at. */
class Feed {
  looks = 0;
  end = '5';
  fails = false;

  async latest(): Promise<string> {
    this.looks++;
    if (this.fails) throw new Error('the database is away');
    return this.end;
  }
}

const HOUR = 3_600_000;
const never = new AbortController().signal;

it('wakes all who wait when the log grows, and looks once for all of them', async () => {
  const feed = new Feed();
  const watch = new HeadWatch(feed);
  const waiting = Promise.all(Array.from({ length: 9 }, () => watch.moved('5', HOUR, never)));
  expect(feed.looks).toBe(1);
  feed.end = '6';
  await waiting;
  expect(feed.looks).toBeLessThan(5);
});

it('wakes at once who has not seen the end', async () => {
  await new HeadWatch(new Feed()).moved('4', HOUR, never);
});

it('wakes after the time, also while nobody can say where the end is', async () => {
  const feed = new Feed();
  feed.fails = true;
  await new HeadWatch(feed).moved('5', 20, never);
  expect(feed.looks).toBeGreaterThan(0);
});

it('wakes who leaves, and does not look for nobody', async () => {
  const feed = new Feed();
  const watch = new HeadWatch(feed);
  const leaving = new AbortController();
  const moved = watch.moved('5', HOUR, leaving.signal);
  leaving.abort();
  await moved;
  await watch.moved('5', HOUR, leaving.signal);
  expect(feed.looks).toBe(1);
});
