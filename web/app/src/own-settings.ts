import type { NoticeLevel, OwnSettings, OwnSettingsCard } from './wire.ts';

/** The latest that can be said. */
const UNTIL_I_SAY = Date.UTC(9999, 0, 1);
const HOUR_MS = 3_600_000;

/** For how long one can want to hear nothing. */
export const MUTES: readonly { label: string; until(now: number): number }[] = [
  { label: 'Mute for 1 hour', until: (now) => now + HOUR_MS },
  { label: 'Mute for 8 hours', until: (now) => now + 8 * HOUR_MS },
  { label: 'Mute until I say', until: () => UNTIL_I_SAY },
];

export const LEVEL_NAMES: readonly [NoticeLevel, string][] = [
  ['all', 'Of every message'],
  ['mentions', 'Only of what mentions me'],
  ['none', 'Of nothing'],
];

export const AT_FIRST: OwnSettingsCard = { level: 'all', pinned: false, archived: false, version: 0 };

/** Until when one wants to hear nothing; nothing if that is over. */
export function silentUntil({ muted_until }: OwnSettings, now: number): Date | undefined {
  const until = muted_until === undefined ? 0 : Date.parse(muted_until);
  return until > now ? new Date(until) : undefined;
}

export const silentForGood = (until: Date): boolean => until.getTime() >= UNTIL_I_SAY;

/** Of what is left to read, how much one wants to be told of. */
export function tellingOf(settings: OwnSettings, { unread, mentions }: { unread: number; mentions: number }, now: number): number {
  if (silentUntil(settings, now) || settings.level === 'none') return 0;
  return settings.level === 'mentions' ? mentions : unread;
}
