import { Claims } from './claims.js';

it('runs work on one session in the order it was asked for, also after a failure', async () => {
  const claims = new Claims();
  const order: string[] = [];
  let release = () => {};
  const slow = claims.inTurn('a', async () => {
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    order.push('first');
    throw new Error('lost');
  });
  const next = claims.inTurn('a', async () => order.push('second'));
  await claims.inTurn('b', async () => order.push('another session'));
  release();
  await expect(slow).rejects.toThrow('lost');
  await next;
  expect(order).toEqual(['another session', 'first', 'second']);
});

it('knows which claim is the newest', () => {
  const claims = new Claims();
  expect(claims.isNewest('a', 3)).toBe(true);
  claims.note('a', 4);
  expect([claims.isNewest('a', 3), claims.isNewest('a', 4)]).toEqual([false, true]);
});
