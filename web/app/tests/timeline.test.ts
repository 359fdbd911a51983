import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Outgoing } from '../src/outbox.ts';
import { timelineRows, type MessageRow, type RowsOptions } from '../src/rows.ts';
import { Timeline, type Change, type TimelineRecord } from '../src/timeline.ts';
import type { HistoryMessage, HistoryPage, SenderCard } from '../src/wire.ts';

const ada: SenderCard = { id: 'a', name: 'Ada', version: 1 };
const bob: SenderCard = { id: 'b', name: 'Bob', version: 1 };

const message = (seq: number, more: Partial<HistoryMessage> = {}): HistoryMessage => ({
  seq,
  n: seq,
  sender: bob,
  client_id: `client-${seq}`,
  text: `text ${seq}`,
  sent_at: '2025-06-01T12:00:00.000Z',
  ...more,
});
const record = (seq: number, more: Partial<HistoryMessage> = {}): TimelineRecord => ({
  type: 'message',
  cursor: `c${seq}`,
  conversation: 'room',
  ...message(seq, more),
});
const deletion = (seq: number, target: number): TimelineRecord => ({
  type: 'delete',
  cursor: `c${seq}`,
  conversation: 'room',
  seq,
  target,
  sender: bob,
  sent_at: '2025-06-01T12:00:00.000Z',
});
const change = (seq: number, more: Partial<Extract<Change, { type: 'members' }>> = {}): Change => ({
  type: 'members',
  seq,
  actor: bob,
  accounts: [bob],
  change: 'left',
  sent_at: '2025-06-01T12:00:00.000Z',
  ...more,
});
const page = (from_seq: number, to_seq: number, messages: HistoryMessage[], changes: HistoryPage['changes'] = []): HistoryPage => ({
  messages,
  changes,
  from_seq,
  to_seq,
  cursor: 'page',
});
const outgoing = (clientId: string, more: Partial<Outgoing> = {}): Outgoing => ({
  clientId,
  conversation: 'room',
  text: clientId,
  createdAt: '2025-06-01T12:00:00.000Z',
  state: 'pending',
  ...more,
});

const filled = (from: number, to: number): Timeline => {
  const timeline = new Timeline();
  const seqs = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  timeline.reset(page(from, to, seqs.map((seq) => message(seq))));
  return timeline;
};
const seqs = (timeline: Timeline): number[] => timeline.messages.map(({ seq }) => seq);
const messageRows = (timeline: Timeline, sent: Outgoing[]): MessageRow[] =>
  timelineRows(timeline.messages, sent, ada).filter((row) => row.kind === 'message');

test('the next row is applied, a repeat is dropped, a hole is told and not applied', () => {
  const timeline = filled(1, 3);
  assert.equal(timeline.apply(record(4)), 'applied');
  assert.equal(timeline.apply(record(4)), 'repeat');
  assert.equal(timeline.apply(record(1)), 'repeat');
  assert.equal(timeline.apply(record(6)), 'hole');
  assert.deepEqual(seqs(timeline), [1, 2, 3, 4]);
  assert.equal(timeline.lastSeq, 4);
});

test('hidden rows and deletions keep the count', () => {
  const timeline = filled(1, 2);
  assert.equal(timeline.apply({ type: 'hidden', cursor: 'c', conversation: 'room', seq: 3 }), 'applied');
  assert.equal(timeline.apply(deletion(4, 1)), 'applied');
  assert.equal(timeline.apply(record(5)), 'applied');
  assert.deepEqual(seqs(timeline), [1, 2, 5]);
  assert.equal(timeline.messages[0]?.deleted, true);
  assert.equal(timeline.messages[0]?.text, '');
});

test('a hole is filled from a page, and repeats of it are dropped', () => {
  const timeline = filled(1, 2);
  assert.equal(timeline.append(page(2, 4, [message(2), message(3), message(4)])), false);
  assert.deepEqual(seqs(timeline), [1, 2, 3, 4]);
  assert.equal(timeline.apply(record(4)), 'repeat');
  assert.equal(timeline.apply(record(5)), 'applied');
});

test('a page that stands for unlisted rows says so', () => {
  const timeline = filled(1, 2);
  assert.equal(timeline.append(page(3, 4, [message(4)])), true);
  assert.equal(timeline.append(page(5, 6, [message(6)], [change(5)])), false);
  timeline.restate(page(1, 2, [message(1), message(2, { deleted: true, text: '' })]));
  assert.deepEqual(timeline.messages.map(({ deleted }) => deleted ?? false), [false, true, false, false]);
});

test('older pages go before, also those that begin with a deletion', () => {
  const timeline = filled(10, 12);
  assert.equal(timeline.prepend(page(6, 9, [message(8), message(9)])), true);
  assert.deepEqual(seqs(timeline), [8, 9, 10, 11, 12]);
  assert.equal(timeline.firstSeq, 6);
  assert.equal(timeline.prepend(page(6, 5, [])), false);
  assert.equal(timeline.firstSeq, 1);
});

test('a deletion that overtakes an older page still counts', () => {
  const timeline = filled(5, 6);
  timeline.apply(deletion(7, 2));
  timeline.prepend(page(1, 4, [message(1), message(2), message(3), message(4)]));
  assert.deepEqual(timeline.messages.map(({ deleted }) => deleted ?? false), [false, true, false, false, false, false]);
});

test('what was dropped from memory can be loaded again', () => {
  const timeline = filled(1, 10);
  timeline.keepNewest(3);
  assert.deepEqual(seqs(timeline), [8, 9, 10]);
  assert.equal(timeline.firstSeq, 8);
  timeline.keepNewest(3);
  timeline.keepNewest(50);
  assert.deepEqual(seqs(timeline), [8, 9, 10]);
});

test('the stream first: its copy stands in for the pending one, and the late answer adds nothing', () => {
  const timeline = filled(1, 1);
  const mine = outgoing('mine');
  const [, pending] = messageRows(timeline, [mine]);
  assert.equal(pending?.state, 'pending');
  timeline.apply(record(2, { sender: ada, client_id: 'mine' }));
  const rows = messageRows(timeline, [mine]);
  assert.deepEqual(rows.map(({ key, state }) => [key, state]), [['b/client-1', 'sent'], [pending.key, 'sent']]);
  assert.equal(messageRows(timeline, [outgoing('mine', { state: 'sent', seq: 2 })]).length, 2);
});

test('the answer first: the row is sent, and the copy of the stream takes its place', () => {
  const timeline = filled(1, 1);
  const sent = outgoing('mine', { state: 'sent', seq: 3 });
  timeline.apply(record(2));
  const before = messageRows(timeline, [sent]);
  assert.deepEqual(before.map(({ seq, state }) => [seq, state]), [[1, 'sent'], [2, 'sent'], [3, 'sent']]);
  timeline.apply(record(3, { sender: ada, client_id: 'mine' }));
  const after = messageRows(timeline, [sent]);
  assert.deepEqual(after.map(({ key }) => key), before.map(({ key }) => key));
});

test('the same client id of somebody else replaces nothing', () => {
  const timeline = filled(1, 1);
  timeline.apply(record(2, { client_id: 'mine' }));
  assert.equal(messageRows(timeline, [outgoing('mine')]).length, 3);
});

test('an author is grouped within five minutes of a day', () => {
  const timeline = new Timeline();
  const at = ['12:00', '12:04', '12:10', '12:11'].map((time) => `2025-06-01T${time}:00.000Z`);
  timeline.reset(
    page(1, 4, [
      message(1, { sent_at: at[0] ?? '' }),
      message(2, { sent_at: at[1] ?? '' }),
      message(3, { sent_at: at[2] ?? '' }),
      message(4, { sent_at: at[3] ?? '', sender: ada }),
    ]),
  );
  assert.deepEqual(messageRows(timeline, []).map(({ head }) => head), [true, false, true, true]);
});

test('each day begins with a line of its own', () => {
  const timeline = new Timeline();
  const days = ['2025-06-01T12:00:00.000Z', '2025-06-01T12:01:00.000Z', '2025-06-03T12:00:00.000Z'];
  timeline.reset(page(1, 3, days.map((sent_at, index) => message(index + 1, { sent_at }))));
  const kinds = timelineRows(timeline.messages, [], ada).map(({ kind }) => kind);
  assert.deepEqual(kinds, ['day', 'message', 'message', 'day', 'message']);
});

test('what happened stands between the messages, and begins a new group', () => {
  const rows = timelineRows([message(1), message(3)], [outgoing('mine')], ada, { changes: [change(2), change(4, { actor: ada, accounts: [ada] })] });
  assert.deepEqual(
    rows.filter(({ kind }) => kind !== 'day').map((row) => (row.kind === 'message' ? [row.text, row.head] : row.kind === 'notice' && row.text)),
    [['text 1', true], 'Bob left', ['text 3', true], 'You left', ['mine', true]],
  );
});

test('what happened comes with pages and with the stream', () => {
  const timeline = new Timeline();
  timeline.reset(page(4, 6, [message(5)], [change(4), change(6)]));
  assert.equal(timeline.apply({ ...change(7), type: 'members', conversation: 'room', cursor: 'c' } as TimelineRecord), 'applied');
  timeline.append(page(7, 9, [message(9)], [change(7), change(8)]));
  timeline.prepend(page(1, 4, [message(2)], [change(3), change(4)]));
  assert.deepEqual(timeline.changes.map(({ seq }) => seq), [3, 4, 6, 7, 8]);
  timeline.reset(page(1, 10, []));
  assert.deepEqual(timeline.changes, []);
});

test('dropping what is old counts messages and what happened', () => {
  const timeline = new Timeline();
  timeline.reset(page(1, 6, [message(1), message(4), message(6)], [change(2), change(3), change(5)]));
  timeline.keepNewest(3);
  assert.deepEqual([seqs(timeline), timeline.changes.map(({ seq }) => seq), timeline.firstSeq], [[4, 6], [5], 4]);
  timeline.keepNewest(3);
  assert.equal(timeline.size, 3);
});

const settings = (seq: number, version: number, title: string): Change => ({
  type: 'conversation_changed',
  seq,
  actor: bob,
  title,
  topic: '',
  listed: false,
  locked: false,
  slow_mode_seconds: 0,
  history_visible: true,
  version,
  sent_at: '2025-06-01T12:00:00.000Z',
});

test('a change of the settings is told against the one before it', () => {
  const texts = (changes: Change[]): string[] =>
    timelineRows([message(3)], [], ada, { changes }).flatMap((row) => (row.kind === 'notice' ? [row.text] : []));
  assert.deepEqual(texts([settings(2, 2, 'Watch'), settings(4, 3, 'Crew')]), ['Bob changed the settings', 'Bob changed the name to “Crew”']);
  const before = { ...settings(1, 1, 'Old'), type: 'conversation_changed' } as Extract<Change, { type: 'conversation_changed' }>;
  assert.deepEqual(texts([{ ...settings(2, 2, 'Watch'), before } as Change]), ['Bob changed the name to “Watch”']);
});

test('one’s own messages can be deleted, and those of others by who runs the conversation', () => {
  const messages = [message(1), message(2, { sender: ada }), message(3, { deleted: true, text: '' })];
  const deletable = (deletesAny: boolean): boolean[] =>
    timelineRows(messages, [], ada, { deletesAny }).flatMap((row) => (row.kind === 'message' ? [row.deletable] : []));
  assert.deepEqual(deletable(false), [false, true, false]);
  assert.deepEqual(deletable(true), [true, true, false]);
});

test('what a deleted account wrote is gone, whenever it comes, and what others wrote is not', () => {
  const timeline = filled(3, 4);
  const gone: SenderCard = { ...bob, name: 'Deleted account', version: 2 };
  timeline.apply(record(5, { sender: ada }));
  const erased: TimelineRecord = { type: 'erased', cursor: 'c6', conversation: 'room', seq: 6, sender: gone, sent_at: '2025-06-01T12:00:00.000Z' };
  assert.equal(timeline.apply(erased), 'applied');
  // A page that was asked for before.
  timeline.prepend(page(1, 2, [message(1), message(2, { sender: ada })]));
  assert.deepEqual(
    timeline.messages.map(({ seq, text, deleted, sender }) => [seq, text, deleted ?? false, sender.name]),
    [
      [1, '', true, 'Bob'],
      [2, 'text 2', false, 'Ada'],
      [3, '', true, 'Deleted account'],
      [4, '', true, 'Deleted account'],
      [5, 'text 5', false, 'Ada'],
    ],
  );
});

const base = { conversation: 'room', sender: bob, sent_at: '2025-06-01T13:00:00.000Z', cursor: 'c' };
const edit = (seq: number, target: number, text: string): TimelineRecord => ({ type: 'edit', seq, target, text, ...base });
const reaction = (seq: number, target: number, on = true, sender = bob): TimelineRecord => ({ type: 'reaction', seq, target, emoji: '👍', on, ...base, sender });
const pin = (seq: number, target: number, pinned = true): TimelineRecord => ({ type: 'pin', seq, target, pinned, ...base });
const texts = (timeline: Timeline): string[] => timeline.messages.map(({ text }) => text);
const thumbs = (timeline: Timeline): number[] => timeline.messages.map(({ reactions }) => reactions?.[0]?.count ?? 0);

test('edits, reactions and pins change the message that they are about', () => {
  const timeline = filled(1, 2);
  for (const row of [edit(3, 1, 'other'), reaction(4, 2), reaction(5, 2, true, ada), pin(6, 1), reaction(7, 2, false)]) assert.equal(timeline.apply(row), 'applied');
  assert.deepEqual(texts(timeline), ['other', 'text 2']);
  assert.deepEqual(thumbs(timeline), [0, 1]);
  assert.deepEqual(timeline.messages.map(({ pinned }) => pinned ?? false), [true, false]);
  assert.equal(timeline.find(1)?.edited_at, base.sent_at);
  assert.equal(timeline.find(3), undefined);
});

test('what was said of messages before they were loaded counts, unless the page has it', () => {
  const timeline = filled(10, 10);
  for (const row of [edit(11, 2, 'late'), reaction(12, 1), reaction(13, 2), pin(14, 3)]) timeline.apply(row);
  timeline.prepend(page(1, 9, [message(1, { reactions: [{ emoji: '👍', count: 1 }], marked: 12 }), message(2), message(3)]));
  assert.deepEqual(texts(timeline), ['text 1', 'late', 'text 3', 'text 10']);
  assert.deepEqual(thumbs(timeline), [1, 1, 0, 0]);
  assert.equal(timeline.find(3)?.pinned, true);
  // Once only.
  timeline.keepNewest(1);
  timeline.prepend(page(1, 9, [message(2, { text: 'later still', edited_at: 'x', reactions: [{ emoji: '👍', count: 1 }], marked: 13 })]));
  assert.deepEqual([texts(timeline), thumbs(timeline)], [['later still', 'text 10'], [1, 0]]);
});

test('after rows were missed what was said before them is of no use', () => {
  const timeline = filled(10, 10);
  timeline.apply(edit(11, 2, 'old'));
  assert.equal(timeline.append(page(12, 13, [message(13)])), true);
  timeline.prepend(page(1, 9, [message(2, { text: 'new', edited_at: 'x' })]));
  assert.deepEqual(texts(timeline), ['new', 'text 10', 'text 13']);
});

test('a message that is for this account no more is forgotten, in pages that come later too', () => {
  const timeline = filled(5, 6);
  timeline.apply({ type: 'hidden', conversation: 'room', seq: 7, target: 5, cursor: 'c' });
  timeline.apply({ type: 'hidden', conversation: 'room', seq: 8, target: 2, cursor: 'c' });
  timeline.prepend(page(1, 4, [message(1), message(2)]));
  assert.deepEqual(seqs(timeline), [1, 6]);
  timeline.restate(page(1, 4, []));
  assert.deepEqual(seqs(timeline), [6]);
});

test('rows beyond the end change what is here, and are added when one comes there', () => {
  const timeline = filled(1, 2);
  timeline.touch(edit(50, 1, 'other'));
  timeline.touch(reaction(51, 40));
  assert.equal(timeline.lastSeq, 2);
  timeline.extend(page(3, 40, [message(40)]));
  assert.deepEqual([texts(timeline), thumbs(timeline)], [['other', 'text 2', 'text 40'], [0, 0, 1]]);
  assert.equal(timeline.lastSeq, 40);
});

test('an answer shows what it answers, as far as it is known', () => {
  const quotes = timelineRows(
    [message(1), message(2, { reply_to: 1 }), message(3, { reply_to: 8 }), message(4, { reply_to: 9 }), message(5, { reply_to: 7 })],
    [outgoing('mine', { replyTo: 1 })],
    ada,
    {
      quoted: (seq) =>
        seq === 1 ? message(1, { text: '**first** line\nsecond' }) : seq === 8 ? 'absent' : seq === 9 ? message(9, { text: '', deleted: true }) : undefined,
    },
  ).flatMap((row) => (row.kind === 'message' && row.quote ? [[row.quote.seq, row.quote.state, row.quote.name, row.quote.line]] : []));
  assert.deepEqual(quotes, [
    [1, 'known', 'Bob', 'first line'],
    [8, 'absent', '', ''],
    [9, 'deleted', 'Bob', ''],
    [7, 'unknown', '', ''],
    [1, 'known', 'Bob', 'first line'],
  ]);
});

test('what may be done about a message is known to its row', () => {
  const messages = [message(1), message(2, { sender: ada }), message(3, { sender: ada, deleted: true, text: '' })];
  const flags = (options: RowsOptions): string[] =>
    timelineRows(messages, [outgoing('mine')], ada, options).flatMap((row) =>
      row.kind === 'message' ? [['answerable', 'editable', 'pinnable'].filter((flag) => row[flag as 'editable']).join(' ')] : [],
    );
  assert.deepEqual(flags({}), ['', '', '', '']);
  assert.deepEqual(flags({ writes: true }), ['answerable', 'answerable editable', '', '']);
  assert.deepEqual(flags({ pins: true }), ['pinnable', 'pinnable', '', '']);
});

test('a line stands above the first message of others that is new, and begins a new group', () => {
  const messages = [message(1), message(2), message(3, { sender: ada }), message(4), message(5)];
  const rows = (newAfter: number | undefined): unknown[] =>
    timelineRows(messages, [], ada, { newAfter }).flatMap((row): unknown[] =>
      row.kind === 'day' ? [] : row.kind === 'message' ? [[row.seq, row.head]] : [row.kind],
    );
  assert.deepEqual(rows(1), [[1, true], 'new', [2, true], [3, true], [4, true], [5, false]]);
  // Nobody's own message is news to them.
  assert.deepEqual(rows(2), [[1, true], [2, false], [3, true], 'new', [4, true], [5, false]]);
  for (const nothing of [undefined, 5]) assert.ok(!rows(nothing).includes('new'));
});

test('how far a message has come stands at one’s own, once the server has it', () => {
  const messages = [message(1), message(2, { sender: ada }), message(3, { sender: ada, deleted: true })];
  const waiting = [outgoing('sent', { state: 'sent', seq: 4 }), outgoing('pending')];
  const ticks = timelineRows(messages, waiting, ada, { tickOf: (seq) => (seq < 3 ? 'read' : 'sent') }).flatMap((row) => (row.kind === 'message' ? [row.tick] : []));
  assert.deepEqual(ticks, [undefined, 'read', undefined, 'sent', undefined]);
});
