import { brand } from './brand.ts';
import { element } from './dom.ts';
import { signInCard } from './sign-in-card.ts';

export function signInScreen(done: () => void, back: () => void): HTMLElement {
  const button = element('button', { type: 'button', class: 'quiet' }, 'Back');
  button.onclick = back;
  return element('main', { class: 'screen' }, brand(), signInCard(done), button);
}
