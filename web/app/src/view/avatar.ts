import type { AccountCard, SenderCard } from '../wire.ts';
import { element } from './dom.ts';

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

const firstOf = (word: string): string => [...graphemes.segment(word)][0]?.segment ?? '';

export function initials(name: string): string {
  const words = name.split(/\s+/u).filter((word) => word !== '');
  const last = words.length > 1 ? words.at(-1) : undefined;
  return (firstOf(words[0] ?? '') + firstOf(last ?? '')).toUpperCase();
}

/** A hue that stays with the account, whatever it calls itself. */
export function hue(accountId: string): number {
  let hash = 0;
  for (const character of accountId) hash = (Math.imul(hash, 31) + (character.codePointAt(0) ?? 0)) >>> 0;
  return hash % 360;
}

/** Colours that an account can choose. */
export const COLORS = 12;

export const hueOf = (color: number): number => (color * 360) / COLORS;

export function avatar(account: AccountCard | SenderCard): HTMLElement {
  const node = element('span', { class: 'avatar', 'aria-hidden': 'true' }, initials(account.name));
  node.style.setProperty('--hue', String('color' in account ? hueOf(account.color) : hue(account.id)));
  return node;
}

/** A name, with a visible mark if it may be taken for another one. */
export function accountName(account: AccountCard | SenderCard): HTMLElement {
  const node = element('span', { class: 'author', dir: 'auto' }, account.name);
  const mark = accountMark(account);
  if (mark) node.append(mark);
  return node;
}

export const accountMark = (account: AccountCard | SenderCard): HTMLElement | undefined =>
  account.lookalike ? lookalikeMark('This name mixes scripts: it may be taken for another name.') : undefined;

export const lookalikeMark = (explanation: string): HTMLElement =>
  element('abbr', { class: 'lookalike', title: explanation, role: 'img', 'aria-label': explanation, tabindex: '0' }, '≈');
