import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slugOf } from '../src/slug.ts';

const cases: [string, string | undefined][] = [
  ['tea', 'tea'],
  ['  Five o  clock ', 'Five-o-clock'],
  ['été-2026_a.b~c', 'été-2026_a.b~c'],
  ['a'.repeat(64), 'a'.repeat(64)],
  ['a'.repeat(65), undefined],
  ['', undefined],
  [' ', undefined],
  ['-tea', undefined],
  ['tea/two', undefined],
  ['tea?', undefined],
];

for (const [typed, slug] of cases) test(`“${typed}” makes ${slug ?? 'no address'}`, () => assert.equal(slugOf(typed), slug));
