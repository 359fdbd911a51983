import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Api } from '../src/api.ts';
import { Conversation, type ConversationFacts } from '../src/conversation.ts';
import type { SenderCard } from '../src/wire.ts';

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
