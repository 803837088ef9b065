import { bannerLines } from './banner.js';

const lines = (password: Parameters<typeof bannerLines>[0]['password']) =>
  bannerLines({ url: 'http://127.0.0.1:5000', admin: 'root', password });

it('begins with the line that scripts wait for', () => {
  expect(lines('known')[0]).toBe('Lading is ready at http://127.0.0.1:5000');
});

it.each([
  [{ shown: 'pw' } as const, 'pw   (shown this once)'],
  [{ file: '/d/admin-password' } as const, 'in /d/admin-password'],
  ['configured' as const, 'as set in LADING_ADMIN_PASSWORD'],
  ['not configured' as const, 'as it was before: LADING_ADMIN_PASSWORD is another, and is for the first start alone'],
  ['known' as const, 'as it was at the first start'],
])('says where the password is', (password, said) => {
  expect(lines(password)).toContain(`  Password  ${said}`);
});

it('gives commands that name this host and this user', () => {
  const text = lines('known').join('\n');
  for (const command of ['docker login 127.0.0.1:5000 -u root', 'docker push 127.0.0.1:5000/team/app:latest']) {
    expect(text).toContain(command);
  }
});
