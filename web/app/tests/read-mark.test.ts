import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReadMark } from '../src/read-mark.ts';
import type { Entity, MarkerCard } from '../src/wire.ts';

const card = (more: Partial<MarkerCard> = {}): MarkerCard => ({ read_seq: 0, read_n: 0, unread: 0, mentions: 0, version: 0, ...more });

const NAMES_ME: Entity[] = [{ type: 'mention', offset: 0, length: 4, account: 'me' }];

const said = (seq: number, n: number, sender = 'bob', entities: Entity[] = []) => ({ seq, n, sender: { id: sender, name: sender, version: 1 }, entities });

function marked(more: Partial<MarkerCard>, seq: number, count: number): ReadMark {
  const mark = new ReadMark('me');
  mark.take(card(more), seq, count);
  return mark;
}

const left = (mark: ReadMark): [number, number] => [mark.unread, mark.mentions];

test('what is unread is the last message’s count less what was read, whatever rows lie between', () => {
  const mark = marked({ read_seq: 15, read_n: 14, unread: 2, version: 3 }, 17, 16);
  assert.deepEqual(left(mark), [2, 0]);
  assert.equal(mark.newAfter, 15);
  // Rows 18 and 19 are no messages; of 20 and 21 one is hidden.
  mark.meet([said(21, 18)]);
  assert.deepEqual(left(mark), [4, 0]);
  mark.meet([said(21, 18), said(17, 16)]);
  assert.deepEqual(left(mark), [4, 0]);
});

test('a message of one’s own moves it to itself', () => {
  const mark = marked({ read_seq: 3, read_n: 3, unread: 2, mentions: 1, version: 1 }, 5, 5);
  assert.deepEqual(left(mark), [2, 1]);
  mark.meet([said(6, 6, 'me')]);
  assert.deepEqual([left(mark), mark.seq, mark.newAfter], [[0, 0], 6, undefined]);
  mark.meet([said(7, 7)]);
  assert.deepEqual([left(mark), mark.newAfter], [[1, 0], 6]);
});

test('it never goes back, and of two records the one with the higher version holds', () => {
  const mark = marked({ read_seq: 3, read_n: 3, unread: 4, version: 2 }, 7, 7);
  mark.receive(card({ read_seq: 6, read_n: 6, unread: 1 }), 3, 7);
  assert.deepEqual([mark.unread, mark.seq], [1, 6]);
  mark.receive(card({ read_seq: 4, read_n: 4, unread: 3 }), 2, 7);
  assert.deepEqual([mark.unread, mark.seq], [1, 6]);
  assert.equal(mark.read(7), true);
  assert.equal(mark.read(7), false);
  // Another device has read less far, and was told so before.
  mark.receive(card({ read_seq: 6, read_n: 6, unread: 1, mentions: 1 }), 4, 7);
  assert.deepEqual([left(mark), mark.seq], [[0, 0], 7]);
  mark.take(card({ read_seq: 6, read_n: 6, unread: 1, version: 3 }), 7, 7);
  assert.equal(mark.unread, 0);
});

test('what names the account is counted once, with edits and deletions of it', () => {
  const mark = marked({ read_seq: 1, read_n: 1, version: 1 }, 1, 1);
  mark.meet([said(2, 2, 'bob', NAMES_ME), said(3, 3)]);
  mark.meet([said(2, 2, 'bob', NAMES_ME)]);
  assert.deepEqual(left(mark), [2, 1]);
  mark.change(3, [{ type: 'mention_all', offset: 0, length: 4 }]);
  assert.deepEqual(left(mark), [2, 2]);
  mark.change(2, []);
  assert.deepEqual(left(mark), [2, 1]);
  // A record that stands for all of these counts them itself.
  mark.receive(card({ read_seq: 2, read_n: 2, unread: 1, mentions: 1 }), 2, 3);
  assert.deepEqual(left(mark), [1, 1]);
  mark.meet([said(4, 4, 'bob', NAMES_ME)]);
  assert.deepEqual(left(mark), [2, 2]);
  mark.read(4);
  assert.deepEqual(left(mark), [0, 0]);
});

test('what a snapshot stands for is not counted again when the stream repeats it', () => {
  const mark = marked({ read_seq: 1, read_n: 1, unread: 2, mentions: 1, version: 1 }, 3, 3);
  mark.meet([said(2, 2, 'bob', NAMES_ME), said(3, 3)]);
  assert.deepEqual(left(mark), [2, 1]);
});

test('what was there before one came in is nothing unread', () => {
  const mark = new ReadMark('me');
  mark.begin(41);
  assert.deepEqual(left(mark), [0, 0]);
  mark.meet([said(41, 37)]);
  assert.equal(mark.unread, 1);
  // The same with a page that reaches further back.
  const other = new ReadMark('me');
  other.begin(41);
  other.meet([said(38, 35), said(40, 36), said(41, 37), said(42, 38)]);
  assert.equal(other.unread, 2);
});

test('what is marked as unread is so until it is read, whatever was', () => {
  const mark = marked({ read_seq: 9, read_n: 9, marked_unread_from: 8, version: 4 }, 9, 9);
  assert.deepEqual([mark.unread, mark.markedFrom, mark.newAfter], [0, 8, 7]);
  assert.equal(mark.read(9), true);
  assert.deepEqual([mark.markedFrom, mark.newAfter], [undefined, undefined]);
  mark.receive(card({ read_seq: 9, read_n: 9, marked_unread_from: 9 }), 5, 9);
  assert.equal(mark.markedFrom, 9);
  mark.receive(card({ read_seq: 9, read_n: 9 }), 6, 9);
  assert.equal(mark.markedFrom, undefined);
});
