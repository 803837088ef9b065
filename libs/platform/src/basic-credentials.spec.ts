import { parseBasic } from './basic-credentials.js';

const encode = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

it.each([
  ['robot$ci+build@acme', 'p:a:s%s'],
  ['ünï', 'pässwörd'],
  ['name', ''],
])('reads %j and %j', (username, password) => {
  expect(parseBasic(encode(`${username}:${password}`))).toEqual({ kind: 'pair', username, password });
});

it('takes the scheme in any case and spaces around', () => {
  expect(parseBasic(' bAsIc   YTpi ')).toEqual({ kind: 'pair', username: 'a', password: 'b' });
});

it('takes no header and an empty pair as anonymous', () => {
  expect([parseBasic(undefined).kind, parseBasic('Basic Og==').kind]).toEqual(['anonymous', 'anonymous']);
});

it.each(['', 'Basic', 'Basic ', 'Basic !', encode('no colon'), encode(':password'), 'Bearer abc', 'BasicYTpi'])(
  'takes %j as malformed',
  (header) => {
    expect(parseBasic(header)).toEqual({ kind: 'malformed' });
  },
);
