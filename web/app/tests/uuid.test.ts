import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UuidV7Maker } from '../src/uuid.ts';

const FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test('a UUID carries the time, the version and the variant', () => {
  const id = new UuidV7Maker(() => 0x0199_1234_5678).next();
  assert.match(id, FORM);
  assert.equal(id.slice(0, 13), '01991234-5678');
});

test('all bits set by the random source leave version and variant alone', () => {
  const id = new UuidV7Maker(() => 1, (bytes) => bytes.fill(0xff)).next();
  assert.match(id, FORM);
});

test('UUIDs rise within one millisecond, beyond the counter, and when the clock is set back', () => {
  let now = 1_000_000;
  const maker = new UuidV7Maker(() => now);
  let previous = maker.next();
  for (let i = 0; i < 10_000; i++) {
    if (i === 9_000) now -= 5_000;
    const next = maker.next();
    assert.match(next, FORM);
    assert.ok(next > previous, `${next} after ${previous}`);
    previous = next;
  }
});
