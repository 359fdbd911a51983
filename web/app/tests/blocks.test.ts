import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { Api } from '../src/api.ts';
import { Blocks } from '../src/blocks.ts';
import type { Record as EventRecord } from '../src/wire.ts';

const realFetch = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = realFetch;
});

/** A server that gives one blocked account in each page; what is asked of it is kept. */
function serve(...answers: (string[] | (() => string[]))[]): string[] {
  const asked: string[] = [];
  globalThis.fetch = async (path) => {
    asked.push(String(path));
    const answer = answers[Math.min(asked.length, answers.length) - 1] ?? [];
    const ids = typeof answer === 'function' ? answer() : answer;
    const [id, next = null] = ids;
    return Response.json({ blocks: id === undefined ? [] : [{ id, name: id, version: 1 }], next });
  };
  return asked;
}

const record = (blocked: string, change: 'blocked' | 'unblocked'): Extract<EventRecord, { type: 'block' }> => ({
  type: 'block',
  account: 'me',
  blocked,
  change,
  cursor: '',
});
const wanted = (): boolean => true;

test('all pages are read, once', async () => {
  const asked = serve(['a', 'a'], ['b']);
  const blocks = new Blocks(new Api('me'), () => {});
  await Promise.all([blocks.load(wanted), blocks.load(wanted)]);
  assert.deepEqual(asked, ['/v1/blocks?limit=100', '/v1/blocks?limit=100&after=a']);
  assert.deepEqual(['a', 'b', 'c', undefined].map((id) => blocks.has(id)), [true, true, false, false]);
});

test('what changes while it is read is asked for again', async () => {
  const blocks = new Blocks(new Api('me'), () => {});
  serve(
    () => {
      blocks.receive(record('late', 'blocked'));
      return ['a'];
    },
    ['late'],
  );
  await blocks.load(wanted);
  assert.deepEqual(['a', 'late'].map((id) => blocks.has(id)), [false, true]);
});

test('records and answers change what is known', () => {
  let changes = 0;
  const blocks = new Blocks(new Api('me'), () => changes++);
  blocks.receive(record('a', 'blocked'));
  blocks.put('b', true);
  blocks.receive(record('a', 'unblocked'));
  assert.deepEqual(['a', 'b'].map((id) => blocks.has(id)), [false, true]);
  assert.equal(changes, 3);
});

test('a refusal leaves it open to ask again', async () => {
  const blocks = new Blocks(new Api('me'), () => {});
  globalThis.fetch = async () => Response.json({ code: 'forbidden', detail: '' }, { status: 403 });
  assert.equal(blocks.settled, false);
  await blocks.load(wanted);
  assert.equal(blocks.settled, true);
  serve(['a']);
  await blocks.load(wanted);
  assert.equal(blocks.has('a'), true);
});
