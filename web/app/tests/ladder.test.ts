import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ladder } from '../src/reading/ladder.ts';

test('two failures in a row lead to the next transport, a success between them does not', () => {
  const ladder = new Ladder();
  assert.equal(ladder.failed('broke'), false);
  ladder.succeeded();
  assert.equal(ladder.failed('broke'), false);
  assert.equal(ladder.failed('broke'), true);
  assert.equal(ladder.current, 'sse');
  assert.match(ladder.reason, /websocket failed: broke/);
  assert.deepEqual(ladder.better, ['websocket']);
});

test('the last transport is not left, and the best is found again', () => {
  const ladder = new Ladder();
  for (const expected of ['sse', 'stream', 'longpoll', 'poll']) {
    assert.equal(ladder.fall('silent'), true);
    assert.equal(ladder.current, expected);
  }
  assert.equal(ladder.exhausted, true);
  assert.equal(ladder.fall('silent'), false);
  assert.deepEqual(ladder.better, ['websocket', 'sse', 'stream', 'longpoll']);
  ladder.rise('websocket');
  assert.equal(ladder.current, 'websocket');
  assert.deepEqual(ladder.better, []);
});

test('a forced transport stays', () => {
  const ladder = new Ladder('longpoll');
  assert.equal(ladder.fall('silent'), false);
  assert.deepEqual(ladder.better, []);
  ladder.force(undefined);
  assert.equal(ladder.current, 'websocket');
  assert.equal(ladder.forced, false);
});
