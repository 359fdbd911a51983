import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { Drafts } from '../src/drafts.ts';
import { ApiError } from '../src/request.ts';
import type { KeyValueStore } from '../src/storage.ts';
import { settled } from './fake-socket.ts';

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  mock.method(Math, 'random', () => 0.5);
});
afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
});

function device() {
  const kept = new Map<string, string>();
  const store: KeyValueStore = {
    get: (key) => kept.get(key),
    set: (key, value) => kept.set(key, value),
    remove: (key) => kept.delete(key),
    keys: () => [...kept.keys()],
  };
  const told: string[][] = [];
  const server: { refuses?: ApiError } = {};
  const drafts = new Drafts({
    store,
    key: (conversation) => conversation,
    device: () => Promise.resolve('here'),
    put: (...put) => {
      if (server.refuses) return Promise.reject(server.refuses);
      told.push(put);
      return Promise.resolve();
    },
    maxBytes: () => 10,
    changed: () => {},
  });
  /** As the composer does it. */
  const write = (text: string): void => {
    if (text === '') kept.delete('c');
    else kept.set('c', text);
    drafts.write('c', text);
  };
  const pass = async (milliseconds: number): Promise<void> => {
    mock.timers.tick(milliseconds);
    await settled();
  };
  return { drafts, kept, told, server, write, pass };
}

test('what is written is told after a while, and a message that is sent before that is not', async () => {
  const { told, write, pass } = device();
  write('D');
  await pass(1_000);
  write('Dear');
  await pass(1_000);
  assert.deepEqual(told, [['c', 'here', 'Dear']]);
  write('');
  await pass(2_000);
  assert.deepEqual(told.slice(1), [['c', 'here', '']]);
  write('quick');
  await pass(500);
  write('');
  await pass(5_000);
  assert.equal(told.length, 2);
});

test('what is too long for a message is kept here alone', async () => {
  const { told, write, pass, drafts } = device();
  write('more than ten bytes');
  await pass(5_000);
  assert.deepEqual(told, []);
  assert.equal(drafts.own('c'), 'more than ten bytes');
});

test('what another device has begun is offered, and takes the place of nothing', async () => {
  const { drafts, write, pass } = device();
  write('mine');
  await pass(2_000);
  drafts.receive('c', { device: 'there', text: 'yours', version: 1 });
  drafts.receive('c', { device: 'here', text: 'mine', version: 1 });
  assert.deepEqual(drafts.others('c').map(({ text }) => text), ['yours']);
  assert.equal(drafts.own('c'), 'mine');
  assert.equal(drafts.shown('c'), 'mine');
  drafts.receive('c', { device: 'there', text: 'older', version: 1 });
  assert.deepEqual(drafts.others('c').map(({ text }) => text), ['yours']);
  drafts.receive('c', { device: 'there', text: '', version: 2 });
  assert.deepEqual(drafts.others('c'), []);
});

test('what another device has begun is taken away there when it was taken over', async () => {
  const { drafts, told } = device();
  drafts.take('c', [{ device: 'there', text: 'yours', version: 3 }]);
  assert.deepEqual(drafts.others('c'), []);
  await settled();
  assert.equal(drafts.shown('c'), 'yours');
  await drafts.discard('c', 'there');
  assert.deepEqual([told, drafts.others('c')], [[['c', 'there', '']], []]);
});

test('a draft that was taken over elsewhere goes from here, unless something was written since', async () => {
  const { drafts, kept, write, pass } = device();
  write('mine');
  await pass(2_000);
  drafts.receive('c', { device: 'here', text: 'mine', version: 1 });
  write('mine, too');
  assert.equal(drafts.receive('c', { device: 'here', text: '', version: 2 }), false);
  assert.equal(kept.get('c'), 'mine, too');
  await pass(2_000);
  drafts.receive('c', { device: 'here', text: 'mine, too', version: 3 });
  assert.equal(drafts.receive('c', { device: 'here', text: '', version: 4 }), true);
  assert.equal(kept.get('c'), undefined);
  await pass(10_000);
  assert.equal(drafts.own('c'), '');
});

test('a copy that is not what was begun here is mended', async () => {
  const { drafts, kept, told, pass } = device();
  kept.set('c', 'offline');
  // Sent, and the page closed before that was told.
  drafts.take('d', [{ device: 'here', text: 'sent', version: 2 }]);
  drafts.take('c', []);
  await settled();
  await pass(2_000);
  assert.deepEqual(told.sort(), [['c', 'here', 'offline'], ['d', 'here', '']]);
});

test('why the server keeps no copy is known, until it does', async () => {
  const { drafts, server, write, pass } = device();
  server.refuses = new ApiError(409, 'too_many_drafts', 'Ten are enough.');
  write('mine');
  await pass(2_000);
  assert.equal(drafts.refusal('c'), 'Ten are enough.');
  delete server.refuses;
  write('mine!');
  await pass(2_000);
  assert.equal(drafts.refusal('c'), '');
});
