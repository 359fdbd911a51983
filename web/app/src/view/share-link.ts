import { personPath } from '../place.ts';
import { attempt } from './attempt.ts';
import { copy } from './clipboard.ts';
import { element, setText } from './dom.ts';

/** An address of the page that is for others: it can be seen, copied, and shared where the system can do that. */
export class ShareLink {
  readonly element: HTMLElement;
  readonly #link: HTMLInputElement;

  constructor(label: string, testId: string) {
    this.#link = element('input', { readonly: true, 'aria-label': label, 'data-testid': testId });
    const outcome = element('p', { class: 'success', role: 'status' });
    const problem = element('p', { class: 'problem', role: 'alert' });
    const button = (name: string, action: () => Promise<string>): HTMLButtonElement => {
      const node = element('button', { type: 'button', class: 'small' }, name);
      node.onclick = async () => {
        setText(outcome, '');
        await attempt(problem, async () => setText(outcome, await action()), node);
        node.focus();
      };
      return node;
    };
    const copyButton = button('Copy', async () => {
      await copy(this.#link.value);
      return 'Copied.';
    });
    // Not every browser has it, and none on an address that is not encrypted.
    const shareButton = 'share' in navigator ? button('Share', () => this.#share()) : undefined;
    this.element = element('div', { class: 'field' }, element('div', { class: 'copied' }, this.#link, shareButton, copyButton), outcome, problem);
  }

  /** Shows what a path of the page leads to. */
  show(path: string): void {
    this.#link.value = new URL(path, location.origin).href;
  }

  select(): void {
    this.#link.select();
  }

  async #share(): Promise<string> {
    try {
      await navigator.share({ url: this.#link.value });
    } catch (error) {
      // Whoever looks at the choice and leaves it has done nothing wrong.
      if (!(error instanceof DOMException && error.name === 'AbortError')) throw error;
    }
    return '';
  }
}

/** The link that leads others into a chat with oneself. */
export function personalLink(username: string): HTMLElement {
  const link = new ShareLink('Your link', 'own-link');
  link.show(personPath(username));
  return link.element;
}
