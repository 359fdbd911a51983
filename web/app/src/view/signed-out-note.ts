import { element, icon, setText } from './dom.ts';

/** Says which accounts were signed out without being asked, until it is closed. */
export class SignedOutNote {
  readonly element: HTMLElement;
  readonly #text = element('span', { dir: 'auto' });
  readonly #names = new Set<string>();

  constructor(closed: () => void) {
    const close = element('button', { type: 'button', class: 'icon-button', 'aria-label': 'Close', title: 'Close' }, icon('close'));
    close.onclick = () => {
      this.hide();
      closed();
    };
    this.element = element('aside', { class: 'signed-out', 'data-testid': 'signed-out', 'aria-label': 'Signed out', hidden: true }, this.#text, close);
  }

  tell(name: string): void {
    this.#names.add(name);
    const names = [...this.#names];
    setText(this.#text, names.length === 1 ? `${name} was signed out.` : `${names.slice(0, -1).join(', ')} and ${names.at(-1)} were signed out.`);
    this.element.hidden = false;
  }

  hide(): void {
    this.#names.clear();
    setText(this.#text, '');
    this.element.hidden = true;
  }
}
