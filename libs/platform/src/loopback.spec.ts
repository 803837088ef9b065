import { isLoopbackHost } from './loopback.js';

describe('isLoopbackHost', () => {
  it.each(['127.0.0.1', '127.255.0.9', '::1', 'localhost'])('takes %s for this machine only', (host) => {
    expect(isLoopbackHost(host)).toBe(true);
  });

  it.each(['0.0.0.0', '::', '10.0.0.1', '127.example.com', 'localhost.example.com'])(
    'does not take %s for it',
    (host) => {
      expect(isLoopbackHost(host)).toBe(false);
    },
  );
});
