import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AT_FIRST, MUTES, silentForGood, silentUntil, tellingOf } from '../src/own-settings.ts';

const NOW = Date.UTC(2025, 5, 1);
const left = { unread: 5, mentions: 2 };

test('one is told of everything, of what mentions one, or of nothing', () => {
  assert.equal(tellingOf(AT_FIRST, left, NOW), 5);
  assert.equal(tellingOf({ ...AT_FIRST, level: 'mentions' }, left, NOW), 2);
  assert.equal(tellingOf({ ...AT_FIRST, level: 'none' }, left, NOW), 0);
});

test('what is muted tells nothing, until it is not muted any more', () => {
  const muted = { ...AT_FIRST, muted_until: new Date(NOW + 1_000).toISOString() };
  assert.equal(tellingOf(muted, left, NOW), 0);
  assert.equal(tellingOf(muted, left, NOW + 1_000), 5);
  assert.equal(silentUntil(muted, NOW)?.getTime(), NOW + 1_000);
  assert.equal(silentUntil(AT_FIRST, NOW), undefined);
});

test('for an hour, for eight, or until one says', () => {
  const [hour, eight, ever] = MUTES.map(({ until }) => new Date(until(NOW)));
  assert.deepEqual([hour?.toISOString(), eight?.toISOString()], ['2025-06-01T01:00:00.000Z', '2025-06-01T08:00:00.000Z']);
  assert.equal(ever?.toISOString(), '9999-01-01T00:00:00.000Z');
  assert.deepEqual([hour, eight, ever].map((until) => until && silentForGood(until)), [false, false, true]);
});
