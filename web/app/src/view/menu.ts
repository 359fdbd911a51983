import { element, icon, type IconName } from './dom.ts';
import { closePopup, openPopup } from './popup.ts';

export interface MenuItem {
  label: string;
  icon: IconName;
  danger?: boolean;
  action(): void;
}

/** Shows what can be done, beside the button that was pressed. `left` is told when nothing of it is to be done. */
export function openMenu(anchor: HTMLElement, label: string, items: readonly MenuItem[], left: () => void): void {
  const menu = element('div', { class: 'menu-items', role: 'menu', 'aria-label': label, 'data-testid': 'menu' }, ...items.map(item));
  menu.onkeydown = (event) => moveIn(menu, event, { ArrowUp: -1, ArrowDown: 1 });
  openPopup(anchor, menu, left);
  menu.querySelector('button')?.focus();
}

function item({ label, icon: name, danger, action }: MenuItem): HTMLElement {
  const node = element('button', { type: 'button', role: 'menuitem', tabindex: '-1', class: danger ? 'danger' : undefined }, icon(name), label);
  node.onclick = () => {
    closePopup();
    action();
  };
  return node;
}

/** The arrows go round among the buttons, and a letter to the next one that begins with it. */
export function moveIn(container: HTMLElement, event: KeyboardEvent, steps: Record<string, number>): void {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const buttons = [...container.querySelectorAll<HTMLElement>('button')];
  const present = buttons.findIndex((button) => button === document.activeElement);
  const go = (to: number): void => {
    event.preventDefault();
    buttons.at(to % buttons.length)?.focus();
  };
  const step = steps[event.key];
  if (step !== undefined) go(present + step);
  else if (event.key === 'Home') go(0);
  else if (event.key === 'End') go(-1);
  else if (/^\p{L}$/u.test(event.key)) {
    const letter = event.key.toLowerCase();
    const round = buttons.map((_, index) => (present + 1 + index) % buttons.length);
    const found = round.find((index) => buttons[index]?.textContent?.toLowerCase().startsWith(letter));
    if (found !== undefined) go(found);
  }
}
