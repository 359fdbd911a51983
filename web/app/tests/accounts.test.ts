import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { Accounts } from '../src/accounts.ts';
import type { SyncPage } from '../src/wire.ts';
import { FakeSocket, settled } from './fake-socket.ts';

let sockets: FakeSocket[] = [];

// What a page has.
const page = Object.assign(new EventTarget(), { visibilityState: 'visible' });
Object.assign(globalThis, {
  document: page,
  addEventListener: page.addEventListener.bind(page),
  location: { href: 'http://chat.example/' },
  WebSocket: function (url: URL): FakeSocket {
    const socket = new FakeSocket(url.pathname + url.search);
    sockets.push(socket);
    return socket;
  },
});

beforeEach(() => {
  sockets = [];
  page.visibilityState = 'visible';
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] });
  const first = { seq: 1, n: 1, sender: { id: 'ada', name: 'Ada', version: 1 }, client_id: 'c1', text: 'one', sent_at: '' };
  mock.method(globalThis, 'fetch', () => Promise.resolve(new Response(JSON.stringify({ messages: [first], changes: [], from_seq: 1, to_seq: 1, cursor: 'c', receipts: [] }))));
});
afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
});

const snapshot = (id: string): SyncPage => ({
  account: { id, name: id, about: '', color: 0, version: 1 },
  conversations: [
    { id: 'g', kind: 'group', role: 'member', title: 'Crew', topic: '', listed: false, locked: false, slow_mode_seconds: 0, history_visible: true, version: 1, seq: 1, n: 1,
      marker: { read_seq: 1, read_n: 1, unread: 0, mentions: 0, version: 0 },
      own_settings: { level: 'all', pinned: false, archived: false, version: 0 } },
  ],
  cursor: 'c',
  next: null,
});

/** Ada, who is shown, and Bob beside her. */
async function two() {
  const accounts = new Accounts([snapshot('ada'), snapshot('bob')], 'websocket', {
    changed() {},
    arrived() {},
    draftTaken() {},
    noticed() {},
    selected() {},
    adding() {},
    signedOut() {},
  });
  const [socket] = sockets as [FakeSocket];
  socket.open();
  socket.hello();
  socket.echo();
  await settled();
  const ada = accounts.current;
  const bob = ada?.beside.others('ada')[0];
  assert.ok(ada && bob);
  return { accounts, socket, ada, bob };
}

test('what one account looks at is told to it, whoever it is about', async () => {
  const { accounts, socket, ada, bob } = await two();
  ada.watch(['bob', 'eve']);
  accounts.look();
  await settled();
  const told = socket.sent.at(-1);
  assert.deepEqual(told, { id: told?.id, as: 'ada', command: 'view', conversations: [], accounts: ['ada', 'bob', 'eve'] });
  socket.says({ type: 'presence', account: 'bob', status: 'away' });
  assert.equal(ada.signals.presenceOf('bob')?.status, 'away');
  assert.equal(bob.signals.presenceOf('bob'), undefined);
  assert.equal(bob.account.name, 'bob');
  // The same again is not said again.
  const said = socket.sent.length;
  accounts.look();
  await settled();
  assert.equal(socket.sent.length, said);
  accounts.reader.stop();
});

test('whoever is shown looks, and whoever is not any more forgets', async () => {
  const { accounts, socket, ada, bob } = await two();
  accounts.look();
  await settled();
  socket.reply({});
  socket.says({ type: 'presence', account: 'ada', status: 'online' });
  assert.equal(ada.invisible, false);
  accounts.show('bob');
  accounts.look();
  await settled();
  assert.deepEqual([socket.sent.at(-1)?.['as'], socket.sent.at(-1)?.['accounts']], ['bob', ['bob']]);
  assert.equal(ada.invisible, undefined);
  socket.says({ type: 'presence', account: 'bob', status: 'offline' });
  assert.equal(bob.invisible, true);
  accounts.reader.stop();
});

test('a page that is not seen looks at nobody else after a while', async () => {
  const { accounts, socket, ada } = await two();
  ada.watch(['eve']);
  accounts.look();
  await settled();
  socket.reply({});
  page.visibilityState = 'hidden';
  page.dispatchEvent(new Event('visibilitychange'));
  mock.timers.tick(4_000);
  accounts.look();
  await settled();
  assert.deepEqual(socket.sent.at(-1)?.['accounts'], ['ada', 'eve']);
  mock.timers.tick(1_000);
  await settled();
  assert.deepEqual(socket.sent.at(-1)?.['accounts'], ['ada']);
  socket.reply({});
  page.visibilityState = 'visible';
  page.dispatchEvent(new Event('visibilitychange'));
  await settled();
  assert.deepEqual(socket.sent.at(-1)?.['accounts'], ['ada', 'eve']);
  accounts.reader.stop();
});

test('a row for one account alone is hidden to the others, and with an edit its message', async () => {
  const { accounts, socket, ada, bob } = await two();
  for (const chat of [ada, bob]) await chat.openChat('g', () => true);
  const base = { conversation: 'g', target: 1, sender: { id: 'ada', name: 'Ada', version: 1 }, sent_at: '', account: 'ada' };
  socket.says({ type: 'reaction', seq: 2, emoji: '👍', on: true, cursor: 'c2', ...base });
  assert.deepEqual(ada.open?.timeline.find(1)?.reactions, [{ emoji: '👍', count: 1 }]);
  assert.deepEqual([bob.open?.timeline.find(1)?.reactions, bob.open?.timeline.lastSeq], [undefined, 2]);
  socket.says({ type: 'edit', seq: 3, text: 'two', cursor: 'c3', ...base });
  assert.equal(ada.open?.timeline.find(1)?.text, 'two');
  assert.deepEqual([bob.open?.timeline.find(1), bob.open?.timeline.lastSeq], [undefined, 3]);
  accounts.reader.stop();
});

test('whether one is invisible is what one has said, until the server has had the time to show it', async () => {
  const { accounts, socket, ada } = await two();
  accounts.look();
  await settled();
  socket.says({ type: 'presence', account: 'ada', status: 'online' });
  mock.method(globalThis, 'fetch', () => Promise.resolve(new Response(null, { status: 204 })));
  await ada.beInvisible(true);
  assert.equal(ada.invisible, true);
  socket.says({ type: 'presence', account: 'ada', status: 'offline', last_seen_at: '2025-06-01T12:00:00.000Z' });
  mock.timers.tick(12_000);
  assert.equal(ada.invisible, true);
  socket.says({ type: 'presence', account: 'ada', status: 'online' });
  assert.equal(ada.invisible, false);
  accounts.reader.stop();
});
