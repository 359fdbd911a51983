import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Receipts, type Tick } from '../src/receipts.ts';

const ticks = (receipts: Receipts): Tick[] => [1, 2, 3].map((seq) => receipts.tickOf(seq));
const from = (seq: number, id: string) => ({ seq, sender: { id, name: id, version: 1 } });

test('from sent to delivered to read, and never back', () => {
  const receipts = new Receipts('me');
  assert.deepEqual(ticks(receipts), ['sent', 'sent', 'sent']);
  receipts.receive('bob', { delivered_seq: 2 }, 1);
  assert.deepEqual(ticks(receipts), ['delivered', 'delivered', 'sent']);
  receipts.receive('bob', { delivered_seq: 3, read_seq: 1 }, 2);
  assert.deepEqual(ticks(receipts), ['read', 'delivered', 'delivered']);
  // Older than what is known, or of somebody who is less far.
  receipts.receive('bob', { delivered_seq: 1 }, 1);
  receipts.receive('kim', { delivered_seq: 1 }, 1);
  assert.deepEqual(ticks(receipts), ['read', 'delivered', 'delivered']);
});

test('to have read is to have it, and whoever writes has read what is before it', () => {
  const receipts = new Receipts('me');
  receipts.take([{ account: 'bob', read_seq: 1, version: 1 }, { account: 'me', read_seq: 3, delivered_seq: 3, version: 9 }]);
  assert.deepEqual(ticks(receipts), ['read', 'sent', 'sent']);
  receipts.meet([from(2, 'me'), from(3, 'bob')]);
  assert.deepEqual(ticks(receipts), ['read', 'read', 'sent']);
});

test('whoever wants to know nothing any more knows nothing', () => {
  const receipts = new Receipts('me');
  receipts.receive('bob', { read_seq: 3 }, 4);
  receipts.forget();
  assert.deepEqual(ticks(receipts), ['sent', 'sent', 'sent']);
  receipts.receive('bob', { read_seq: 2 }, 4);
  assert.deepEqual(ticks(receipts), ['read', 'read', 'sent']);
});
