import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Typists } from '../src/reading/typists.ts';
import { TypingNotice } from '../src/typing-notice.ts';
import { typingText } from '../src/view/typing-line.ts';
import type { Record as EventRecord } from '../src/wire.ts';

function typist() {
  const told: boolean[] = [];
  let now = 0;
  const notice = new TypingNotice((on) => told.push(on), () => now);
  return { notice, told, pass: (milliseconds: number) => (now += milliseconds) };
}

test('that one types is said at most every 3 s', () => {
  const { notice, told, pass } = typist();
  for (let letters = 0; letters < 70; letters++) {
    notice.typed();
    pass(100);
  }
  assert.deepEqual(told, [true, true, true]);
});

test('that one does so no more is said once, and not after it has ended by itself or by the message', () => {
  const { notice, told, pass } = typist();
  notice.stopped();
  notice.typed();
  pass(1_000);
  notice.stopped();
  notice.stopped();
  assert.deepEqual(told, [true, false]);
  pass(3_000);
  notice.typed();
  pass(6_000);
  notice.stopped();
  assert.deepEqual(told, [true, false, true]);
  notice.typed();
  notice.sent();
  notice.stopped();
  assert.deepEqual(told, [true, false, true, true]);
});

test('who is missing in a poll’s answer types no more', () => {
  const typists = new Typists();
  const types = (account: string, on = true): EventRecord => ({ type: 'typing', conversation: 'r', account, on });
  assert.deepEqual(typists.completed([types('bob'), types('eve')]), [types('bob'), types('eve')]);
  assert.deepEqual(typists.completed([types('eve')]), [types('eve'), types('bob', false)]);
  assert.deepEqual(typists.completed([]), [types('eve', false)]);
  assert.deepEqual(typists.completed([]), []);
});

test('one, two and several people type', () => {
  assert.equal(typingText([]), '');
  assert.equal(typingText(['Ada']), 'Ada is typing…');
  assert.equal(typingText([undefined]), 'Somebody is typing…');
  assert.equal(typingText(['Ada', 'Bob']), 'Ada and Bob are typing…');
  assert.equal(typingText(['Ada', undefined]), 'Ada and somebody are typing…');
  assert.equal(typingText(['Ada', 'Bob', 'Eve']), 'Several people are typing…');
});
