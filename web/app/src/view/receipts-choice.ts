import type { Chat } from '../chat.ts';
import { attempt } from './attempt.ts';
import { element } from './dom.ts';
import { checkField } from './request-form.ts';

/** Whether others are told how far one is, and one how far they are. It counts as soon as it is chosen. */
export class ReceiptsChoice {
  readonly element: HTMLElement;
  readonly #chat: Chat;
  readonly #input: HTMLInputElement;
  readonly #problem = element('p', { class: 'problem', role: 'alert' });
  #asking = false;

  constructor(chat: Chat) {
    this.#chat = chat;
    const { row, input } = checkField({ label: 'Read receipts', name: 'receipts' });
    this.#input = input;
    input.setAttribute('aria-describedby', 'receipts-hint');
    input.onchange = () => void this.#ask(() => chat.tellReceipts(input.checked));
    this.element = element(
      'section',
      { 'data-testid': 'receipts-choice' },
      row,
      element(
        'p',
        { class: 'lead', id: 'receipts-hint' },
        'Those you talk with see when their messages have reached you and when you have read them, and you see the same of yours. Without it neither they nor you see it, in any conversation.',
      ),
      this.#problem,
    );
    this.draw();
    void this.#ask(() => chat.loadPreferences());
  }

  /** Shows what another device has chosen, too. */
  draw(): void {
    const { preferences } = this.#chat;
    this.#input.disabled = preferences === undefined;
    if (!this.#asking || preferences === undefined) this.#input.checked = preferences?.receipts ?? true;
  }

  async #ask(work: () => Promise<void>): Promise<void> {
    this.#asking = true;
    await attempt(this.#problem, work);
    this.#asking = false;
    this.draw();
  }
}
