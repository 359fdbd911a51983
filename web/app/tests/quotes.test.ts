import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Quotes } from '../src/quotes.ts';
import type { TimelineRecord } from '../src/timeline.ts';
import type { HistoryMessage, SenderCard } from '../src/wire.ts';
import { settled } from './fake-socket.ts';

const bob: SenderCard = { id: 'b', name: 'Bob', version: 1 };
const message = (seq: number, text = `text ${seq}`): HistoryMessage => ({ seq, n: seq, sender: bob, client_id: `c${seq}`, text, sent_at: '' });
const edit = (seq: number, target: number, text: string): TimelineRecord => ({ type: 'edit', seq, target, text, conversation: 'r', sender: bob, sent_at: '', cursor: '' });

function quotes(read: (seqs: number[]) => Promise<HistoryMessage[]> = (seqs) => Promise.resolve(seqs.filter((seq) => seq < 100).map((seq) => message(seq)))) {
  const asked: number[][] = [];
  let changes = 0;
  const all = new Quotes(
    'a',
    (seqs) => {
      asked.push(seqs);
      return read(seqs);
    },
    () => changes++,
  );
  return { all, asked, changes: () => changes };
}

const text = (quoted: ReturnType<Quotes['get']>): string | undefined => (typeof quoted === 'object' ? quoted.text : quoted);

test('those that are wanted together are asked for together, once, and 50 at most', async () => {
  const { all, asked, changes } = quotes();
  for (let seq = 1; seq <= 60; seq++) assert.equal(all.get(seq), undefined);
  all.get(1);
  await settled();
  assert.deepEqual(asked.map(({ length }) => length), [50, 10]);
  assert.equal(text(all.get(1)), 'text 1');
  assert.equal(changes(), 2);
  all.get(200);
  await settled();
  assert.equal(all.get(200), 'absent');
  assert.equal(asked.length, 3);
});

test('what becomes of them is seen', async () => {
  const { all } = quotes();
  for (const seq of [1, 2, 3]) all.get(seq);
  await settled();
  all.touch(edit(9, 1, 'other'));
  all.touch({ type: 'hidden', conversation: 'r', seq: 10, target: 2, cursor: '' });
  assert.equal(text(all.get(1)), 'other');
  assert.equal(all.get(2), 'absent');
  all.touch({ type: 'erased', conversation: 'r', seq: 11, sender: { ...bob, name: 'Deleted account' }, sent_at: '', cursor: '' });
  const gone = all.get(3);
  assert.deepEqual(typeof gone === 'object' && [gone.deleted, gone.text, gone.sender.name], [true, '', 'Deleted account']);
});

test('what has changed while it was asked for is asked for again', async () => {
  let answer = (_: HistoryMessage[]): void => {};
  const { all, asked } = quotes(() => new Promise((resolve) => (answer = resolve)));
  all.get(1);
  await settled();
  all.touch(edit(9, 1, 'new'));
  answer([message(1, 'old')]);
  await settled();
  assert.equal(all.get(1), undefined);
  await settled();
  assert.equal(asked.length, 2);
  answer([message(1, 'new')]);
  await settled();
  assert.equal(text(all.get(1)), 'new');
});

test('after rows were missed nothing that was known counts', async () => {
  const { all, asked } = quotes();
  all.get(1);
  await settled();
  all.clear();
  assert.equal(all.get(1), undefined);
  await settled();
  assert.equal(asked.length, 2);
});
