import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReactionWishes } from '../src/reactions.ts';
import type { HistoryMessage, SenderCard } from '../src/wire.ts';

const ada: SenderCard = { id: 'a', name: 'Ada', version: 1 };
const message: HistoryMessage = {
  seq: 7,
  n: 7,
  sender: ada,
  client_id: 'c',
  text: 'one',
  sent_at: '',
  reactions: [{ emoji: '👍', count: 2 }, { emoji: '🎉', count: 1 }],
  mine: ['🎉'],
};

test('what one has asked for shows at once, and no more once it is in the timeline or refused', () => {
  const wishes = new ReactionWishes();
  const shown = (): string[] => wishes.shown(message).map(({ emoji, count, mine }) => `${emoji} ${count}${mine ? ' mine' : ''}`);
  assert.deepEqual(shown(), ['👍 2', '🎉 1 mine']);
  wishes.wish(7, '👍', true);
  wishes.wish(7, '🎉', false);
  wishes.wish(7, '🔥', true);
  wishes.wish(8, '👀', true);
  assert.deepEqual(shown(), ['👍 3 mine', '🔥 1 mine']);
  wishes.settle(7, '🔥', true);
  // Wished the other way since.
  wishes.settle(7, '👍', false);
  const base = { conversation: 'r', seq: 9, sender: ada, sent_at: '', cursor: '' };
  wishes.receive({ type: 'reaction', target: 7, emoji: '🎉', on: false, ...base });
  assert.deepEqual(shown(), ['👍 3 mine', '🎉 1 mine']);
});

test('what the timeline has already is not counted twice', () => {
  const wishes = new ReactionWishes();
  wishes.wish(7, '🎉', true);
  assert.deepEqual(wishes.shown(message)[1], { emoji: '🎉', count: 1, mine: true });
});
