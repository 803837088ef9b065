import { storable } from './storable-text.js';

it.each([
  ['plain é 😀', 'plain é 😀'],
  ['a\0b', 'a\ufffdb'],
  ['\ud83d', '\ufffd'],
  ['\ude00\ud83d', '\ufffd\ufffd'],
])('stores %j as %j', (text, stored) => {
  expect(storable(text)).toBe(stored);
});
