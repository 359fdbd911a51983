import type { Reaction } from '../reactions.ts';
import { element } from './dom.ts';
import { moveIn } from './menu.ts';
import { closePopup, openPopup } from './popup.ts';

/** As many as the style sheet puts in a row. */
const COLUMNS = 6;

/** What people react with most, in the form that Unicode recommends. */
const COMMON: readonly (readonly [string, string])[] = [
  ['👍', 'Thumbs up'],
  ['❤️', 'Heart'],
  ['😂', 'Tears of joy'],
  ['😮', 'Surprised'],
  ['😢', 'Crying'],
  ['🙏', 'Thank you'],
  ['🎉', 'Party'],
  ['👏', 'Applause'],
  ['🔥', 'Fire'],
  ['👀', 'Eyes'],
  ['✅', 'Done'],
  ['💯', 'Hundred'],
  ['👎', 'Thumbs down'],
  ['🙂', 'Smile'],
  ['😉', 'Wink'],
  ['😅', 'Relieved'],
  ['🤔', 'Thinking'],
  ['😡', 'Angry'],
  ['👋', 'Hello'],
  ['🤝', 'Agreed'],
  ['💪', 'Strong'],
  ['☕', 'Coffee'],
  ['🚀', 'Rocket'],
  ['❓', 'Question'],
];

/** Shows emoji to react with, those that are there already first; what one reacts with is taken back. */
export function openReactionPicker(
  anchor: HTMLElement,
  there: readonly Reaction[],
  choose: (emoji: string, on: boolean) => void,
  left: () => void,
): void {
  const names = new Map(COMMON);
  const emojis = [...new Set([...there.map(({ emoji }) => emoji), ...names.keys()])];
  const buttons = emojis.map((emoji) => {
    const mine = there.some((reaction) => reaction.emoji === emoji && reaction.mine);
    const name = names.get(emoji);
    const button = element(
      'button',
      { type: 'button', role: 'menuitemcheckbox', tabindex: '-1', 'aria-checked': String(mine), 'aria-label': name === undefined ? emoji : `${emoji} ${name}`, title: name },
      emoji,
    );
    button.onclick = () => {
      closePopup();
      choose(emoji, !mine);
    };
    return button;
  });
  const picker = element('div', { class: 'reaction-picker', role: 'menu', 'aria-label': 'React with', 'data-testid': 'reaction-picker' }, ...buttons);
  picker.onkeydown = (event) => moveIn(picker, event, { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -COLUMNS, ArrowDown: COLUMNS });
  openPopup(anchor, picker, left);
  buttons[0]?.focus();
}
