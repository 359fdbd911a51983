import assert from 'node:assert/strict';
import { test } from 'node:test';
import { begunAt, calls, matching, moved, naming, trimmed, withNamed } from '../src/mentions.ts';
import type { Entity } from '../src/wire.ts';

const named = (offset: number, length: number, account = 'a'): Entity => ({ type: 'mention', offset, length, account });

/** A text in which `|` is the caret. */
const at = (text: string): [string, number] => [text.replace('|', ''), text.indexOf('|')];
const places = (before: string, after: string, ...entities: Entity[]): [number, number][] =>
  moved(entities, before, ...at(after)).map(({ offset, length }) => [offset, length]);

test('names move with the text before them, and stay with what comes behind', () => {
  assert.deepEqual(places('hi @Ada', 'hi there| @Ada', named(3, 4)), [[9, 4]]);
  assert.deepEqual(places('@Ada', '@Ada!|', named(0, 4)), [[0, 4]]);
  assert.deepEqual(places('so @Ada', '|@Ada', named(3, 4)), [[0, 4]]);
  assert.deepEqual(places('@Ada @Bob', '@Ada and| @Bob', named(0, 4), named(5, 4)), [[0, 4], [9, 4]]);
});

test('a name that is changed is none any more', () => {
  assert.deepEqual(places('@Ada x', '@A|a x', named(0, 4)), []);
  assert.deepEqual(places('@Ada x', '@Ad|', named(0, 4)), []);
  assert.deepEqual(places('@Ada @Bob', '|', named(0, 4), named(5, 4)), []);
  assert.deepEqual(places('@Ada Lovelace', '@Ada, |Lovelace', named(0, 13)), []);
});

test('of equal letters those at the caret are new', () => {
  assert.deepEqual(places('@Ada', '@|@Ada', named(0, 4)), [[1, 4]]);
  assert.deepEqual(places('aaa@Ada', 'aa|@Ada', named(3, 4)), [[2, 4]]);
});

test('places are in UTF-16 code units', () => {
  assert.deepEqual(places('@Ada', '😀|@Ada', named(0, 4)), [[2, 4]]);
});

test('what is sent has no blank lines around it, and the names are where they are in that', () => {
  assert.deepEqual(trimmed(' \n\n@Ada hi \n', [named(3, 4)]), { text: '@Ada hi', entities: [named(0, 4)] });
  assert.deepEqual(trimmed('  @Ada ', [named(2, 4)]), { text: '  @Ada', entities: [named(2, 4)] });
});

test('a name is being written behind an @ that begins a word', () => {
  const begun = (text: string, ...entities: Entity[]) => begunAt(...at(text), entities);
  assert.deepEqual(begun('hi @|'), { at: 3, typed: '' });
  assert.deepEqual(begun('hi @Ada L|'), { at: 3, typed: 'Ada L' });
  assert.deepEqual(begun('(@b|)'), { at: 1, typed: 'b' });
  assert.deepEqual(begun('שלום @ע|'), { at: 5, typed: 'ע' });
  for (const none of ['|@', 'ada@example|', 'hi @ you|', 'hi @Ada\n|', `@${'x'.repeat(41)}|`, 'nobody|']) assert.equal(begun(none), undefined, none);
  assert.equal(begun('@Ada |', named(0, 4)), undefined);
});

test('whoever is called so comes first, then whose later name begins so', () => {
  const people = ['Bob Adams', 'Ada', 'Émile', 'Zoe'].map((name) => ({ name, account: name }));
  const found = (typed: string): string[] => matching(people, typed).map(({ name }) => name);
  assert.deepEqual(found(''), ['Bob Adams', 'Ada', 'Émile', 'Zoe']);
  assert.deepEqual(found('ad'), ['Ada', 'Bob Adams']);
  assert.deepEqual(found('emi'), ['Émile']);
  assert.deepEqual(found('dams'), []);
});

test('names are in order, apart from each other, and at most 50', () => {
  assert.deepEqual(withNamed([named(10, 4)], named(0, 4)), [named(0, 4), named(10, 4)]);
  assert.deepEqual(withNamed([named(2, 4)], named(0, 4)), [named(0, 4)]);
  const many = Array.from({ length: 50 }, (_, index) => named(index * 5, 4));
  assert.equal(withNamed(many, named(250, 4)).length, 50);
});

test('everybody is called by their account or with all others', () => {
  assert.deepEqual(naming({ name: 'all', account: undefined }, 0, 4), { type: 'mention_all', offset: 0, length: 4 });
  assert.equal(calls([naming({ name: 'all', account: undefined }, 0, 4)], 'a'), true);
  assert.equal(calls([named(0, 4)], 'a'), true);
  assert.equal(calls([named(0, 4, 'b')], 'a'), false);
});
