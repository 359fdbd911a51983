import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { Signals } from '../src/signals.ts';

beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
afterEach(() => mock.timers.reset());

function looking(): Signals {
  const signals = new Signals(() => {});
  signals.look(['r'], ['bob']);
  return signals;
}

test('the latest counts, of what is looked at', () => {
  const signals = looking();
  assert.equal(signals.presenceOf('bob'), undefined);
  signals.receive({ type: 'presence', account: 'bob', status: 'online' });
  signals.receive({ type: 'presence', account: 'bob', status: 'offline', last_seen_at: '2025-06-01T12:00:00.000Z' });
  assert.deepEqual(signals.presenceOf('bob'), { status: 'offline', lastSeenAt: new Date('2025-06-01T12:00:00.000Z') });
  signals.receive({ type: 'present', conversation: 'r', count: 3 });
  assert.equal(signals.present('r'), 3);
  // Sent for an earlier view.
  signals.receive({ type: 'presence', account: 'eve', status: 'online' });
  signals.receive({ type: 'typing', conversation: 'other', account: 'bob', on: true });
  assert.equal(signals.presenceOf('eve'), undefined);
  assert.deepEqual(signals.typing('other'), []);
  signals.look([], ['eve']);
  assert.equal(signals.presenceOf('bob'), undefined);
  assert.equal(signals.present('r'), undefined);
});

test('somebody types until they stop, say something, or the stream ends', () => {
  const signals = looking();
  const types = (account: string, on = true): void => signals.receive({ type: 'typing', conversation: 'r', account, on });
  for (const account of ['bob', 'eve', 'kim']) types(account);
  assert.deepEqual(signals.typing('r'), ['bob', 'eve', 'kim']);
  types('eve', false);
  signals.said('r', 'bob');
  assert.deepEqual(signals.typing('r'), ['kim']);
  signals.begun();
  assert.deepEqual(signals.typing('r'), []);
});

test('a short break changes nothing, a long one leaves nothing known', () => {
  const signals = looking();
  signals.receive({ type: 'presence', account: 'bob', status: 'online' });
  signals.interrupted();
  mock.timers.tick(2_000);
  signals.begun();
  mock.timers.tick(10_000);
  assert.equal(signals.presenceOf('bob')?.status, 'online');
  signals.interrupted();
  mock.timers.tick(3_000);
  assert.equal(signals.presenceOf('bob'), undefined);
});
