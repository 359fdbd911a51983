import type { Chat } from '../chat.ts';
import type { Conversation } from '../conversation.ts';
import { attempt } from './attempt.ts';
import { element, setText } from './dom.ts';

/** In place of the composer while a stranger waits for an answer. */
export class RequestBar {
  readonly element: HTMLElement;
  readonly #text = element('p', { dir: 'auto' });
  readonly #accept = element('button', { type: 'button', class: 'primary' }, 'Accept');
  readonly #block = element('button', { type: 'button', class: 'danger' }, 'Block');
  #conversation: Conversation | undefined;

  constructor(chat: Chat) {
    const problem = element('p', { class: 'problem', role: 'alert' });
    this.element = element(
      'section',
      { class: 'request-bar', 'data-testid': 'request-bar', 'aria-label': 'Message request', hidden: true },
      this.#text,
      problem,
      element('div', { class: 'answers' }, this.#accept, this.#block),
    );
    const ask = (button: HTMLButtonElement, action: (conversation: Conversation) => Promise<void>): void => {
      const conversation = this.#conversation;
      if (conversation) void attempt(problem, () => action(conversation), button);
    };
    this.#accept.onclick = () => ask(this.#accept, (conversation) => chat.accept(conversation));
    this.#block.onclick = () => ask(this.#block, ({ peerId }) => chat.block(peerId ?? ''));
  }

  /** Whether it waits for an answer. */
  get waiting(): boolean {
    return this.#conversation !== undefined;
  }

  /** Whether the focus is on it, or nowhere. */
  get mayLoseFocus(): boolean {
    const { activeElement } = document;
    return activeElement === document.body || this.element.contains(activeElement);
  }

  /** Shows it for a request, and nothing for any other conversation. */
  draw(request: Conversation | undefined): void {
    this.#conversation = request;
    this.element.hidden = request === undefined;
    if (request) setText(this.#text, `${request.name} wants to talk with you. You can answer once you accept. Of whom you block you hear no more.`);
  }
}
