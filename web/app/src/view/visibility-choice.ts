import type { Chat } from '../chat.ts';
import { attempt } from './attempt.ts';
import { element } from './dom.ts';
import { checkField } from './request-form.ts';

/** Whether others see that one is there. It counts as soon as it is chosen. */
export class VisibilityChoice {
  readonly element: HTMLElement;
  readonly #chat: Chat;
  readonly #input: HTMLInputElement;
  readonly #problem = element('p', { class: 'problem', role: 'alert' });
  #asking = false;

  constructor(chat: Chat) {
    this.#chat = chat;
    const { row, input } = checkField({ label: 'Invisible', name: 'invisible' });
    this.#input = input;
    input.setAttribute('aria-describedby', 'invisible-hint');
    input.onchange = () => void this.#choose(input.checked);
    this.element = element(
      'section',
      { 'data-testid': 'visibility' },
      row,
      element('p', { class: 'lead', id: 'invisible-hint' }, 'Others see you as offline, on all your devices, and do not see that you type. It takes some seconds.'),
      this.#problem,
    );
    this.draw();
  }

  /** Shows what another device has chosen, too. */
  draw(): void {
    if (!this.#asking) this.#input.checked = this.#chat.invisible ?? false;
  }

  async #choose(invisible: boolean): Promise<void> {
    this.#asking = true;
    await attempt(this.#problem, () => this.#chat.beInvisible(invisible));
    this.#asking = false;
    this.draw();
  }
}
