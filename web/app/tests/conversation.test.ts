import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Api } from '../src/api.ts';
import { Conversation, type ConversationFacts } from '../src/conversation.ts';
import type { TimelineRecord } from '../src/timeline.ts';
import type { HistoryMessage, MarkerCard, SenderCard } from '../src/wire.ts';
import { settled } from './fake-socket.ts';

const ME = 'me';
const BOB: SenderCard = { id: 'bob', name: 'Bob', version: 3 };

const conversation = (facts: Partial<ConversationFacts>): Conversation =>
  new Conversation({ id: 'c', kind: 'group', role: 'member', title: '', ...facts }, new Api(ME), { changed() {}, loaded() {} });

test('a conversation is called by its title, the other’s name, or what it is for', () => {
  assert.equal(conversation({ kind: 'room', slug: 'tea', title: 'tea' }).name, 'tea');
  assert.equal(conversation({ kind: 'room', slug: 'tea', title: 'Tea at four' }).name, 'Tea at four');
  assert.equal(conversation({ kind: 'group', title: 'Crew' }).name, 'Crew');
  assert.equal(conversation({ kind: 'direct', peer: BOB }).name, 'Bob');
  assert.equal(conversation({ kind: 'direct', peer: { id: ME, name: 'Ada', version: 1 } }).name, 'Notes to yourself');
  assert.equal(conversation({ kind: 'direct', peer: ME }).name, 'Notes to yourself');
});

test('what a record leaves out is asked for', () => {
  assert.equal(conversation({ kind: 'group', title: 'Crew' }).vague, true);
  assert.equal(conversation({ kind: 'group', title: 'Crew', version: 1 }).vague, false);
  const chat = conversation({ kind: 'direct', peer: 'bob', version: 1 });
  assert.equal(chat.vague, true);
  chat.learn({ peer: BOB });
  assert.equal(chat.vague, false);
  assert.equal(chat.name, 'Bob');
});

test('of two names the one with the higher version holds', () => {
  const chat = conversation({ kind: 'direct', peer: BOB });
  chat.meet({ ...BOB, name: 'Robert', version: 4 });
  chat.meet({ ...BOB, name: 'Bobby', version: 2 });
  chat.meet({ id: 'eve', name: 'Eve', version: 9 });
  assert.equal(chat.name, 'Robert');
});

test('of two states of the settings the one with the higher version holds', () => {
  const group = conversation({ title: 'Crew', version: 2 });
  group.learn({ title: 'Crew of old', locked: true, version: 1 });
  assert.equal(group.name, 'Crew');
  group.learn({ title: 'New crew', locked: true, version: 3 });
  assert.equal(group.name, 'New crew');
  assert.equal(group.settings.locked, true);
});

const message = (seq: number): HistoryMessage => ({ seq, n: seq, sender: BOB, client_id: `c${seq}`, text: `text ${seq}`, sent_at: '2025-06-01T12:00:00.000Z' });
const row = (seq: number): TimelineRecord => ({ type: 'message', conversation: 'c', cursor: '', ...message(seq) });
const edit = (seq: number, target: number, text: string): TimelineRecord => ({ type: 'edit', conversation: 'c', seq, target, text, sender: BOB, sent_at: '', cursor: '' });

/** A conversation of so many messages, with pages of ten. */
function long(count: number) {
  const told: string[] = [];
  const server = { count, edits: new Map<number, string>() };
  mock.method(globalThis, 'fetch', (path: string) => {
    told.push(path.slice(path.indexOf('?') + 1));
    const query = new URL(path, 'http://chat.example').searchParams;
    const around = query.get('around');
    const after = query.get('after');
    const before = query.get('before');
    const to = around ? Number(around) + 5 : after ? Number(after) + 10 : before ? Number(before) - 1 : server.count;
    const to_seq = Math.min(server.count, to);
    const from_seq = Math.max(1, after ? Number(after) + 1 : to_seq - 9);
    const messages = Array.from({ length: Math.max(0, to_seq - from_seq + 1) }, (_, index) => {
      const text = server.edits.get(from_seq + index);
      return text === undefined ? message(from_seq + index) : { ...message(from_seq + index), text, edited_at: 'x' };
    });
    return Promise.resolve(new Response(JSON.stringify({ messages, changes: [], from_seq, to_seq, cursor: 'c' })));
  });
  return { group: conversation({ title: 'Crew', version: 1 }), told, server };
}

const span = ({ timeline }: Conversation): [number | undefined, number | undefined] => [timeline.messages[0]?.seq, timeline.messages.at(-1)?.seq];

test('a message of the past is loaded with what is around it, and from there one comes to the end', async () => {
  const { group, told, server } = long(100);
  await group.load();
  assert.deepEqual(span(group), [91, 100]);
  assert.equal(await group.loadAround(95), true);
  assert.equal(told.length, 1);
  assert.equal(await group.loadAround(20), true);
  assert.deepEqual([span(group), group.apart], [[16, 25], true]);

  // What happens meanwhile concerns what is shown, and is told, but is not at its end.
  server.count = 102;
  assert.equal(group.receive(row(101)), true);
  assert.equal(group.receive(edit(102, 20, 'other')), true);
  assert.equal(group.receive(edit(102, 20, 'repeated')), false);
  assert.deepEqual(span(group), [16, 25]);
  assert.equal(group.timeline.find(20)?.text, 'other');

  await group.loadOlder();
  assert.deepEqual(span(group), [6, 25]);
  for (let pages = 0; group.apart; pages++) {
    assert.ok(pages < 20);
    await group.loadNewer();
  }
  assert.deepEqual(span(group), [6, 102]);
  server.count = 103;
  assert.equal(group.receive(row(103)), true);
  assert.deepEqual(span(group), [6, 103]);
  mock.restoreAll();
});

test('back at once from the past to what is said now', async () => {
  const { group } = long(100);
  await group.load();
  await group.loadAround(20);
  await group.load();
  assert.deepEqual([span(group), group.apart], [[91, 100], false]);
  mock.restoreAll();
});

test('around one of the last messages is the end', async () => {
  const { group } = long(100);
  await group.load();
  group.timeline.keepNewest(2);
  await group.loadAround(97);
  assert.deepEqual([span(group), group.apart], [[91, 100], false]);
  assert.equal(group.receive(row(101)), true);
  mock.restoreAll();
});

test('rows that were missed while one reads the past are made up for', async () => {
  const { group, server } = long(100);
  await group.load();
  await group.loadAround(20);
  server.count = 105;
  server.edits.set(20, 'missed');
  group.receive(row(105));
  for (let turns = 0; turns < 20; turns++) await settled();
  assert.equal(group.timeline.find(20)?.text, 'missed');
  mock.restoreAll();
});

test('a page that is ahead of the stream brings one to the end, and what the stream still tells of before counts', async () => {
  const { group, server } = long(30);
  await group.load();
  await group.loadAround(10);
  assert.deepEqual(span(group), [6, 15]);
  // Two edits that have not come yet are rows of the last page.
  server.count = 32;
  while (group.apart) await group.loadNewer();
  assert.equal(group.timeline.lastSeq, 32);
  assert.equal(group.receive(edit(31, 10, 'other')), false);
  assert.equal(group.timeline.find(10)?.text, 'other');
  mock.restoreAll();
});

test('a reaction shows at once, and goes if it is refused', async () => {
  const { group } = long(10);
  await group.load();
  const shown = (): string => JSON.stringify(group.reactionsTo(group.timeline.find(3) ?? message(0)));
  mock.method(globalThis, 'fetch', () => Promise.resolve(new Response('{"seq":11,"cursor":"c","sent_at":""}')));
  const asked = group.react(3, '👍', true);
  assert.equal(shown(), '[{"emoji":"👍","count":1,"mine":true}]');
  await asked;
  group.receive({ type: 'reaction', conversation: 'c', seq: 11, target: 3, emoji: '👍', on: true, sender: { id: ME, name: 'Me', version: 1 }, sent_at: '', cursor: '' });
  assert.equal(shown(), '[{"emoji":"👍","count":1,"mine":true}]');
  const problem = { status: 409, code: 'too_many_reactions', detail: 'There are too many.' };
  mock.method(globalThis, 'fetch', () => Promise.resolve(new Response(JSON.stringify(problem), { status: 409 })));
  await assert.rejects(group.react(3, '🎉', true), /There are too many/);
  assert.equal(shown(), '[{"emoji":"👍","count":1,"mine":true}]');
  mock.restoreAll();
});

const marker = (read: number, unread: number, version: number, more: Partial<MarkerCard> = {}): MarkerCard => ({
  read_seq: read,
  read_n: read,
  unread,
  mentions: 0,
  version,
  ...more,
});

test('what is seen at the end is read, once, and not in the past', async () => {
  const { group, server } = long(100);
  group.takeMarker(marker(95, 5, 1), 100, 100);
  assert.equal(group.see(), undefined);
  await group.load();
  group.begin();
  assert.equal(group.newAfter, 95);
  assert.equal(group.see(), 100);
  assert.deepEqual([group.see(), group.mark.unread, group.newAfter], [undefined, 0, 95]);
  await group.loadAround(20);
  server.count = 101;
  group.receive(row(101));
  assert.deepEqual([group.see(), group.mark.unread], [undefined, 1]);
  await group.load();
  assert.equal(group.see(), 101);
  group.end();
  assert.equal(group.newAfter, undefined);
  mock.restoreAll();
});

test('what was marked as unread under one’s eyes stays so, until it is opened again', async () => {
  const { group, server } = long(100);
  group.takeMarker(marker(100, 0, 1), 100, 100);
  await group.load();
  group.begin();
  assert.equal(group.see(), undefined);
  group.receiveMarker(marker(100, 0, 2, { marked_unread_from: 100 }));
  server.count = 101;
  group.receive(row(101));
  assert.deepEqual([group.see(), group.mark.unread, group.mark.markedFrom], [undefined, 1, 100]);
  // An older record changes nothing.
  group.receiveMarker(marker(100, 0, 1));
  assert.equal(group.see(), undefined);
  group.begin();
  assert.deepEqual([group.newAfter, group.see(), group.mark.markedFrom], [99, 101, undefined]);
  mock.restoreAll();
});

test('read by another device, it goes on to be read here', async () => {
  const { group } = long(100);
  group.takeMarker(marker(100, 0, 1), 100, 100);
  await group.load();
  group.begin();
  group.receiveMarker(marker(100, 0, 2, { marked_unread_from: 100 }));
  group.receiveMarker(marker(100, 0, 3));
  group.receive(row(101));
  assert.equal(group.see(), 101);
  mock.restoreAll();
});

test('what one calls it oneself is its name, and of two settings of one’s own the later one holds', () => {
  const group = conversation({ title: 'Crew', version: 1 });
  group.setForOneself({ level: 'all', pinned: true, archived: false, name: 'The lot', version: 2 });
  group.setForOneself({ level: 'none', pinned: false, archived: false, version: 1 });
  assert.deepEqual([group.name, group.commonName, group.ownSettings.pinned], ['The lot', 'Crew', true]);
  group.setForOneself({ level: 'all', pinned: false, archived: true, version: 3 });
  assert.deepEqual([group.name, group.ownSettings.archived], ['Crew', true]);
});

test('in a room and in one’s notes nobody is told how far a message has come', () => {
  assert.equal(conversation({ kind: 'room', slug: 'tea' }).tickOf(1), undefined);
  assert.equal(conversation({ kind: 'direct', peer: ME }).tickOf(1), undefined);
  const chat = conversation({ kind: 'direct', peer: BOB });
  assert.equal(chat.tickOf(1), 'sent');
  chat.receive(row(2));
  assert.equal(chat.tickOf(1), 'read');
});
