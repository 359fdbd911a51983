import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { Outbox } from '../src/outbox.ts';
import { ApiError } from '../src/request.ts';
import type { KeyValueStore } from '../src/storage.ts';
import type { SendAnswer, SendBody } from '../src/wire.ts';

const memoryStore = (): KeyValueStore => {
  const map = new Map<string, string>();
  return {
    get: (key) => map.get(key),
    set: (key, value) => map.set(key, value),
    remove: (key) => map.delete(key),
    keys: (prefix) => [...map.keys()].filter((key) => key.startsWith(prefix)),
  };
};

const unreachable = (): ApiError => new ApiError(0, 'unreachable', 'No answer.');
const refused = (): ApiError => new ApiError(400, 'invalid_text', 'That is no text.');

/** An outbox whose server answers with `answers`, in order, and then with success. */
function outboxWith(answers: (ApiError | undefined)[], store = memoryStore()) {
  const sent: string[] = [];
  let inFlight = 0;
  let signedOut = 0;
  const send = async (conversation: string, message: SendBody): Promise<SendAnswer> => {
    sent.push(`${conversation}:${message.client_id}`);
    assert.equal(++inFlight, 1);
    await sleep(1);
    inFlight--;
    const answer = answers.shift();
    if (answer) throw answer;
    return { seq: sent.length, cursor: 'c', sent_at: '' };
  };
  const outbox = new Outbox({
    store,
    prefix: 'queue.',
    send,
    changed: () => {},
    signedOut: () => signedOut++,
    delayMs: () => 1,
  });
  return { outbox, sent, store, signedOut: () => signedOut };
}

test('messages go out one at a time, in order, and the same one again after a lost answer', async () => {
  const { outbox, sent, store } = outboxWith([unreachable(), new ApiError(503, 'overloaded', '')]);
  for (const id of ['1', '2', '3']) outbox.add('room', id, { text: 'text' });
  assert.equal(store.keys('queue.').length, 3);
  await sleep(60);
  assert.deepEqual(sent, ['room:1', 'room:1', 'room:1', 'room:2', 'room:3']);
  assert.deepEqual(outbox.in('room').map(({ state }) => state), ['sent', 'sent', 'sent']);
  assert.equal(outbox.length, 0);
  assert.deepEqual(store.keys('queue.'), []);
});

test('a refused message waits for its writer and holds up the rest', async () => {
  const { outbox, sent } = outboxWith([refused()]);
  outbox.add('room', '1', { text: 'text' });
  outbox.add('room', '2', { text: 'text' });
  await sleep(30);
  assert.deepEqual(sent, ['room:1']);
  assert.deepEqual(outbox.in('room').map(({ state, detail }) => [state, detail]), [
    ['failed', 'That is no text.'],
    ['pending', undefined],
  ]);
  outbox.drop('1');
  await sleep(30);
  assert.deepEqual(sent, ['room:1', 'room:2']);
});

test('a refused message can be tried again under the same id', async () => {
  const { outbox, sent } = outboxWith([refused()]);
  outbox.add('room', '1', { text: 'text' });
  await sleep(20);
  outbox.retry('1');
  await sleep(20);
  assert.deepEqual(sent, ['room:1', 'room:1']);
  assert.equal(outbox.in('room')[0]?.state, 'sent');
});

test('the queue survives a reload, in order, with what failed', async () => {
  const store = memoryStore();
  const first = outboxWith([refused()], store);
  for (const id of ['1', '2', '3']) first.outbox.add('room', id, { text: `text ${id}` });
  await sleep(20);
  first.outbox.stop();
  store.set('queue.4', 'not JSON');
  const second = outboxWith([], store);
  assert.deepEqual(second.outbox.in('room').map(({ text, state }) => [text, state]), [
    ['text 1', 'failed'],
    ['text 2', 'pending'],
    ['text 3', 'pending'],
  ]);
  second.outbox.wake();
  second.outbox.drop('1');
  await sleep(30);
  assert.deepEqual(second.sent, ['room:2', 'room:3']);
});

test('signed out: nothing is lost and nothing is sent again', async () => {
  const { outbox, sent, store, signedOut } = outboxWith([new ApiError(401, 'unauthenticated', '')]);
  outbox.add('room', '1', { text: 'text' });
  outbox.add('room', '2', { text: 'text' });
  await sleep(20);
  assert.equal(sent.length, 1);
  assert.equal(store.keys('queue.').length, 2);
  assert.equal(signedOut(), 1);
});

test('the copy of the stream ends a waiting message', async () => {
  const { outbox, sent } = outboxWith([unreachable()]);
  outbox.add('room', '1', { text: 'text' });
  outbox.drop('1');
  outbox.add('room', '2', { text: 'text' });
  await sleep(30);
  assert.deepEqual(sent, ['room:1', 'room:2']);
  assert.deepEqual(outbox.in('room').map(({ clientId }) => clientId), ['2']);
});
