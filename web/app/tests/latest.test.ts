import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { Latest } from '../src/latest.ts';
import { ApiError } from '../src/request.ts';
import { settled } from './fake-socket.ts';

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  mock.method(Math, 'random', () => 0.5);
});
afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
});

function telling(options: { everyMs: number; firstMs?: number }, told?: string) {
  const said: string[] = [];
  const refusals: string[] = [];
  const answers: ((error?: ApiError) => void)[] = [];
  const latest = new Latest<string>(
    {
      ...options,
      tell: (value) => {
        said.push(value);
        return new Promise<void>((resolve, reject) => answers.push((error) => (error ? reject(error) : resolve())));
      },
      refused: ({ message }) => refusals.push(message),
    },
    told,
  );
  const answer = async (error?: ApiError): Promise<void> => {
    answers.shift()?.(error);
    await settled();
  };
  return { latest, said, refusals, answer };
}

test('the first is told at once, and of what follows the latest, once in so long', async () => {
  const { latest, said, answer } = telling({ everyMs: 1_000 });
  latest.put('a');
  latest.put('b');
  latest.put('c');
  assert.deepEqual(said, ['a']);
  await answer();
  mock.timers.tick(999);
  assert.deepEqual(said, ['a']);
  mock.timers.tick(1);
  assert.deepEqual(said, ['a', 'c']);
  await answer();
  latest.put('c');
  mock.timers.tick(5_000);
  assert.deepEqual(said, ['a', 'c']);
});

test('one at a time: what comes meanwhile waits for the answer', async () => {
  const { latest, said, answer } = telling({ everyMs: 1_000 });
  latest.put('a');
  latest.put('b');
  mock.timers.tick(5_000);
  assert.deepEqual(said, ['a']);
  assert.equal(latest.pending, true);
  await answer();
  assert.deepEqual(said, ['a', 'b']);
  await answer();
  assert.equal(latest.pending, false);
});

test('what is taken back before it was told is not told', () => {
  const { latest, said } = telling({ everyMs: 2_000, firstMs: 2_000 }, '');
  latest.put('h');
  mock.timers.tick(1_000);
  latest.put('hi');
  mock.timers.tick(500);
  latest.put('');
  mock.timers.tick(10_000);
  assert.deepEqual(said, []);
  latest.put('x');
  mock.timers.tick(2_000);
  assert.deepEqual(said, ['x']);
});

test('what waits is told at once when there may be no later', async () => {
  const { latest, said, answer } = telling({ everyMs: 2_000, firstMs: 2_000 }, '');
  latest.put('a');
  latest.flush();
  assert.deepEqual(said, ['a']);
  await answer();
  latest.flush();
  assert.deepEqual(said, ['a']);
  latest.put('b');
  latest.drop();
  mock.timers.tick(5_000);
  assert.deepEqual(said, ['a']);
});

test('what may succeed later is told again, at once when the server is back', async () => {
  const { latest, said, answer, refusals } = telling({ everyMs: 1_000 });
  latest.put('a');
  await answer(new ApiError(0, 'unreachable', ''));
  assert.deepEqual(said, ['a']);
  latest.wake();
  assert.deepEqual(said, ['a', 'a']);
  await answer(new ApiError(503, 'overloaded', ''));
  mock.timers.tick(60_000);
  assert.deepEqual(said, ['a', 'a', 'a']);
  await answer();
  latest.wake();
  mock.timers.tick(60_000);
  assert.equal(said.length, 3);
  assert.deepEqual(refusals, []);
});

test('what is refused for good is said, and not told again', async () => {
  const { latest, said, answer, refusals } = telling({ everyMs: 1_000 });
  latest.put('a');
  await answer(new ApiError(409, 'too_many_drafts', 'Ten are enough.'));
  mock.timers.tick(60_000);
  latest.wake();
  assert.deepEqual([said, refusals], [['a'], ['Ten are enough.']]);
  latest.put('b');
  assert.deepEqual(said, ['a', 'b']);
  latest.stop();
  latest.put('c');
  await answer();
  mock.timers.tick(60_000);
  assert.deepEqual(said, ['a', 'b']);
});
