import { may } from './permission.ts';
import type { Kind, Role, SettingsCard } from './wire.ts';

/** Why a member cannot write now. The times are in milliseconds, by this browser's clock. */
export type Barrier =
  | { kind: 'blocked' }
  | { kind: 'read-only' }
  | { kind: 'locked' }
  | { kind: 'muted'; until: number }
  | { kind: 'slow'; until: number };

export interface Writer {
  kind: Kind;
  role: Role;
  settings: Pick<SettingsCard, 'locked' | 'slow_mode_seconds'>;
  /** The account blocks the other in a direct chat. */
  blocks: boolean;
  mutedUntil: number | undefined;
  wroteAt: number | undefined;
}

/** What stands in the way of writing, the most lasting first. The server has the last word. */
export function barrierOf({ kind, role, settings, blocks, mutedUntil, wroteAt }: Writer, now: number): Barrier | undefined {
  if (blocks) return { kind: 'blocked' };
  if (!may(role, 'write', kind)) return { kind: 'read-only' };
  if (settings.locked && !may(role, 'write-locked', kind)) return { kind: 'locked' };
  if (mutedUntil !== undefined && mutedUntil > now) return { kind: 'muted', until: mutedUntil };
  const wait = settings.slow_mode_seconds * 1_000;
  if (wait === 0 || wroteAt === undefined || may(role, 'write-at-once', kind)) return undefined;
  // A clock that was set back makes nobody wait longer.
  const until = Math.min(wroteAt, now) + wait;
  return until > now ? { kind: 'slow', until } : undefined;
}
