import type { Presence } from '../signals.ts';
import { lastSeenText } from './dates.ts';
import { element } from './dom.ts';

const WORDS = { online: 'Online', away: 'Away', offline: 'Offline' };

/** What somebody shows of their being there, in words. */
export const presenceText = ({ status, lastSeenAt }: Presence): string =>
  status === 'offline' && lastSeenAt ? lastSeenText(lastSeenAt) : WORDS[status];

/** The same as a dot, which stands for its word. */
export const presenceDot = ({ status }: Presence): HTMLElement =>
  element('span', { class: `presence ${status}`, role: 'img', 'aria-label': WORDS[status], title: WORDS[status] });

/** A dot before a word that says the same. */
export const presenceLine = (presence: Presence): (Node | string)[] => [
  element('span', { class: `presence ${presence.status}`, 'aria-hidden': 'true' }),
  presenceText(presence),
];
