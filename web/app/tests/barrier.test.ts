import assert from 'node:assert/strict';
import { test } from 'node:test';
import { barrierOf, type Barrier, type Writer } from '../src/barrier.ts';

const NOW = 1_000_000;
const OPEN: Writer = {
  kind: 'group',
  role: 'member',
  settings: { locked: false, slow_mode_seconds: 0 },
  blocks: false,
  mutedUntil: undefined,
  wroteAt: undefined,
};
const SLOW = { locked: false, slow_mode_seconds: 30 };
const LOCKED = { locked: true, slow_mode_seconds: 0 };

const cases: [string, Partial<Writer>, Barrier | undefined][] = [
  ['nothing', {}, undefined],
  ['a role that only reads', { role: 'read_only' }, { kind: 'read-only' }],
  ['a lock', { settings: LOCKED }, { kind: 'locked' }],
  ['a lock, to a moderator', { settings: LOCKED, role: 'moderator' }, undefined],
  ['a mute', { mutedUntil: NOW + 1 }, { kind: 'muted', until: NOW + 1 }],
  ['a mute that has just ended', { mutedUntil: NOW }, undefined],
  ['a slow mode in which nothing was written yet', { settings: SLOW }, undefined],
  ['a slow mode', { settings: SLOW, wroteAt: NOW - 10_000 }, { kind: 'slow', until: NOW + 20_000 }],
  ['a slow mode that has waited for long enough', { settings: SLOW, wroteAt: NOW - 30_000 }, undefined],
  ['a slow mode, to an admin', { settings: SLOW, wroteAt: NOW, role: 'admin' }, undefined],
  ['a slow mode under a clock that was set back', { settings: SLOW, wroteAt: NOW + 999_000 }, { kind: 'slow', until: NOW + 30_000 }],
  ['a block', { kind: 'direct', blocks: true }, { kind: 'blocked' }],
  ['a lock and a mute: the lock', { settings: LOCKED, mutedUntil: NOW + 1 }, { kind: 'locked' }],
];

for (const [what, writer, barrier] of cases) {
  test(`in the way of writing: ${what}`, () => assert.deepEqual(barrierOf({ ...OPEN, ...writer }, NOW), barrier));
}
