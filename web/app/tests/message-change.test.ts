import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changed, type MessageChange } from '../src/message-change.ts';
import type { HistoryMessage, SenderCard } from '../src/wire.ts';

const ada: SenderCard = { id: 'a', name: 'Ada', version: 1 };
const bob: SenderCard = { id: 'b', name: 'Bob', version: 1 };
const message: HistoryMessage = { seq: 1, n: 1, sender: bob, client_id: 'c', text: 'one', sent_at: '2025-06-01T12:00:00.000Z' };
const base = { conversation: 'r', target: 1, sender: bob, sent_at: '2025-06-01T13:00:00.000Z', cursor: 'c' };
const edit = (seq: number, more: object = {}): MessageChange => ({ type: 'edit', seq, text: 'two', ...base, ...more });
const reaction = (seq: number, emoji: string, on: boolean, sender = bob): MessageChange => ({ type: 'reaction', seq, emoji, on, ...base, sender });
const pin = (seq: number, pinned: boolean): MessageChange => ({ type: 'pin', seq, pinned, ...base });
const after = (...changes: MessageChange[]): HistoryMessage => changes.reduce((now, change) => changed(now, change, ada.id), message);

test('an edit gives another text and other names, and one that was followed by another says nothing', () => {
  const entities = [{ type: 'mention_all' as const, offset: 0, length: 4 }];
  const edited = after(edit(2, { text: '@all two', entities }));
  assert.deepEqual([edited.text, edited.entities, edited.edited_at], ['@all two', entities, '2025-06-01T13:00:00.000Z']);
  assert.deepEqual(after(edit(2, { text: '@all two', entities }), edit(3)).entities, []);
  assert.equal(after(edit(2, { text: '', superseded: true })), message);
});

test('reactions are counted, in the order in which the first of each came, and one’s own are known', () => {
  const reacted = after(reaction(2, '👍', true), reaction(3, '🎉', true), reaction(4, '👍', true, ada));
  assert.deepEqual(reacted.reactions, [{ emoji: '👍', count: 2 }, { emoji: '🎉', count: 1 }]);
  assert.deepEqual(reacted.mine, ['👍']);
  const less = [reaction(5, '👍', false, ada), reaction(6, '🎉', false)].reduce((now, change) => changed(now, change, ada.id), reacted);
  assert.deepEqual([less.reactions, less.mine], [[{ emoji: '👍', count: 1 }], []]);
});

test('what a page has in it already is not counted again', () => {
  const paged: HistoryMessage = { ...message, reactions: [{ emoji: '👍', count: 1 }], mine: [], pinned: true, marked: 5 };
  assert.equal(changed(paged, reaction(4, '👍', true), ada.id), paged);
  assert.equal(changed(paged, pin(5, false), ada.id), paged);
  assert.deepEqual(changed(paged, reaction(6, '👍', true), ada.id).reactions, [{ emoji: '👍', count: 2 }]);
  assert.equal(changed(paged, pin(6, false), ada.id).pinned, false);
});

test('of a deleted message nothing is left, and nothing comes to it', () => {
  const answered: HistoryMessage = { ...message, reply_to: 9, forwarded: true, pinned: true, reactions: [{ emoji: '👍', count: 1 }], edited_at: 'x' };
  const gone = { ...message, text: '', deleted: true };
  assert.deepEqual(changed(answered, { type: 'delete', seq: 2, ...base }, ada.id), gone);
  assert.deepEqual(changed(answered, edit(2, { text: '', deleted: true }), ada.id), gone);
  for (const late of [edit(3), reaction(3, '👍', true), pin(3, true)]) assert.deepEqual(changed(gone, late, ada.id), gone);
});
