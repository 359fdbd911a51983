import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventsPath, type View } from '../src/reading/transport.ts';
import { Viewing } from '../src/reading/viewing.ts';
import { ApiError } from '../src/request.ts';
import { settled } from './fake-socket.ts';

const view = (account: string): View => ({ as: 'ada', conversations: [], accounts: [account] });

function viewing() {
  const told: string[] = [];
  const answers: ((error?: ApiError) => void)[] = [];
  const all = new Viewing(({ accounts }) => {
    told.push(accounts.join());
    return new Promise<void>((resolve, reject) => answers.push((error) => (error ? reject(error) : resolve())));
  });
  return { all, told, answers };
}

test('it is told once the stream can be, and of several views only the last', async () => {
  const { all, told, answers } = viewing();
  all.look(view('bob'));
  all.look(view('eve'));
  await settled();
  assert.deepEqual(told, []);
  all.begin();
  await settled();
  assert.deepEqual(told, ['eve']);
  all.look(view('kim'));
  all.look(view('lea'));
  await settled();
  assert.deepEqual(told, ['eve'], 'one after the other');
  answers[0]?.();
  await settled();
  assert.deepEqual(told, ['eve', 'lea']);
});

test('a refusal ends nothing, and after the end nothing is told', async () => {
  const { all, told, answers } = viewing();
  all.begin();
  all.look(view('bob'));
  await settled();
  answers[0]?.(new ApiError(404, 'not_found', 'No such stream.'));
  await settled();
  all.look(view('eve'));
  await settled();
  assert.deepEqual(told, ['bob', 'eve']);
  answers[1]?.();
  all.end();
  all.look(view('kim'));
  await settled();
  assert.deepEqual(told, ['bob', 'eve']);
});

test('a poll says in its address what it looks at, and in whose name', () => {
  assert.equal(
    eventsPath(['ada', 'bob'], 'c/1', { as: 'ada', conversations: ['r', 's'], accounts: ['eve'] }),
    '/v1/events?accounts=ada,bob&after=c%2F1&view_as=ada&view_conversations=r,s&view_accounts=eve',
  );
});
