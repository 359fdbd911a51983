import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backoffMs, retryAfterMs, soonMs } from '../src/backoff.ts';

test('the window doubles from 2 s up to 30 s', () => {
  const most = [0, 1, 2, 3, 4, 5, 50, 2_000].map((attempt) => backoffMs(attempt, () => 1));
  assert.deepEqual(most, [2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000]);
});

test('the whole window is used, from its very beginning', () => {
  assert.equal(backoffMs(3, () => 0), 0);
  assert.equal(backoffMs(3, () => 0.25), 4_000);
  assert.equal(soonMs(() => 0.5), 250);
});

test('clients that lose the server together spread evenly', () => {
  const clients = 10_000;
  const buckets = new Array<number>(20).fill(0);
  for (let i = 0; i < clients; i++) {
    const bucket = Math.floor(backoffMs(0) / 100);
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  }
  assert.ok(Math.max(...buckets) < (clients / buckets.length) * 1.5);
});

test('Retry-After is read in seconds, anything else is ignored', () => {
  assert.equal(retryAfterMs('3'), 3_000);
  assert.equal(retryAfterMs('0'), 0);
  for (const header of [null, '', 'soon', '-1']) assert.equal(retryAfterMs(header), undefined, `${header}`);
});
