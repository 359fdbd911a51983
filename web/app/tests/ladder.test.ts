import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ladder } from '../src/reading/ladder.ts';

test('two failures in a row lead to the next transport, a success between them does not', () => {
  const ladder = new Ladder();
  assert.equal(ladder.failed('broke'), false);
  ladder.succeeded();
  assert.equal(ladder.failed('broke'), false);
  assert.equal(ladder.failed('broke'), true);
  assert.equal(ladder.current, 'stream');
  assert.match(ladder.reason, /sse failed: broke/);
  assert.deepEqual(ladder.better, ['sse']);
});

test('the last transport is not left, and the best is found again', () => {
  const ladder = new Ladder();
  for (const expected of ['stream', 'longpoll', 'poll']) {
    assert.equal(ladder.fall('silent'), true);
    assert.equal(ladder.current, expected);
  }
  assert.equal(ladder.exhausted, true);
  assert.equal(ladder.fall('silent'), false);
  assert.deepEqual(ladder.better, ['sse', 'stream', 'longpoll']);
  ladder.rise('sse');
  assert.equal(ladder.current, 'sse');
  assert.deepEqual(ladder.better, []);
});

test('a forced transport stays', () => {
  const ladder = new Ladder('longpoll');
  assert.equal(ladder.fall('silent'), false);
  assert.deepEqual(ladder.better, []);
  ladder.force(undefined);
  assert.equal(ladder.current, 'sse');
  assert.equal(ladder.forced, false);
});
