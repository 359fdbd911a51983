import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatPath, invitePath, messagePath, personPath, placeOf, roomPath, ROOMS_PATH, type Place } from '../src/place.ts';

const ID = '0190b4d2-7c5e-7a10-8f00-000000000001';

const cases: [string, Place][] = [
  ['/', { kind: 'landing' }],
  ['/#', { kind: 'landing' }],
  ['/#chat', { kind: 'landing' }],
  ['/#chat/', { kind: 'landing' }],
  ['/#something/else', { kind: 'landing' }],
  ['/r/tea', { kind: 'room', slug: 'tea' }],
  ['/r/%C3%A9t%C3%A9', { kind: 'room', slug: 'été' }],
  // What no browser makes of a slug, and somebody may have typed.
  ['/r/%zz', { kind: 'room', slug: '%zz' }],
  ['/r/tea#chat/x', { kind: 'room', slug: 'tea' }],
  [`/#chat/${ID}`, { kind: 'chat', id: ID }],
  ['/r/tea#17', { kind: 'room', slug: 'tea', seq: 17 }],
  ['/r/tea#0', { kind: 'room', slug: 'tea' }],
  ['/r/tea#-1', { kind: 'room', slug: 'tea' }],
  [`/#chat/${ID}/17`, { kind: 'chat', id: ID, seq: 17 }],
  [`/#chat/${ID}/x`, { kind: 'chat', id: ID }],
  [`/#chat/${ID}/17/18`, { kind: 'chat', id: ID, seq: 17 }],
  ['/#u/ada', { kind: 'person', username: 'ada' }],
  ['/#u/', { kind: 'landing' }],
  ['/#rooms', { kind: 'rooms' }],
  ['/#rooms/tea', { kind: 'landing' }],
  ['/#invite/AbC-_9', { kind: 'invite', token: 'AbC-_9' }],
];

for (const [address, place] of cases) {
  test(`${address} stands for ${JSON.stringify(place)}`, () => {
    assert.deepEqual(placeOf(new URL(address, 'http://chat.example')), place);
  });
}

test('what the page calls a place leads there', () => {
  const at = (path: string): Place => placeOf(new URL(path, 'http://chat.example'));
  assert.deepEqual(at(roomPath('a b/ü')), { kind: 'room', slug: 'a b/ü' });
  assert.deepEqual(at(ROOMS_PATH), { kind: 'rooms' });
  assert.deepEqual(at(chatPath(ID)), { kind: 'chat', id: ID });
  assert.deepEqual(at(messagePath({ id: ID, slug: '' }, 17)), { kind: 'chat', id: ID, seq: 17 });
  assert.deepEqual(at(messagePath({ id: ID, slug: 'a b/ü' }, 17)), { kind: 'room', slug: 'a b/ü', seq: 17 });
  assert.deepEqual(at(personPath('ada.l-_1')), { kind: 'person', username: 'ada.l-_1' });
  assert.deepEqual(at(invitePath('t/o#k?')), { kind: 'invite', token: 't/o#k?' });
});

test('a token stays behind the #, which no browser sends', () => {
  const { pathname, search } = new URL(invitePath('secret'), 'http://chat.example');
  assert.equal(pathname + search, '/');
});
