import type { Chat } from '../chat.ts';
import type { DraftCard } from '../wire.ts';
import { attempt } from './attempt.ts';
import { element, setText } from './dom.ts';
import { KeyedList } from './keyed-list.ts';

export interface DraftBarActions {
  /** Puts a text into the composer. */
  take(text: string): void;
  /** Nothing is there any more that could have the focus. */
  left(): void;
  /** Tells whoever cannot see it. */
  announce(sentence: string): void;
}

/** What other devices of the account have begun to write here, to be taken up or thrown away. */
export class DraftBar {
  readonly element: HTMLElement;
  readonly #chat: Chat;
  readonly #actions: DraftBarActions;
  readonly #list = element('ul', { 'aria-label': 'Drafts from your other devices', hidden: true });
  readonly #problem = element('p', { class: 'problem', role: 'alert' });
  readonly #refusal = element('p', { class: 'lead' });
  readonly #drafts = new KeyedList<DraftCard>(this.#list, {
    key: ({ device }) => device,
    look: ({ text }) => text,
    draw: (card) => this.#item(card),
  });
  #conversation = '';

  constructor(chat: Chat, actions: DraftBarActions) {
    this.#chat = chat;
    this.#actions = actions;
    this.element = element('div', { class: 'draft-bar', 'data-testid': 'draft-bar', hidden: true }, this.#list, this.#refusal, this.#problem);
  }

  /** Nothing where nothing can be written. */
  draw(conversation: string | undefined): void {
    const { drafts } = this.#chat;
    const cards = conversation === undefined ? [] : drafts.others(conversation);
    const refusal = conversation === undefined ? '' : drafts.refusal(conversation);
    this.#conversation = conversation ?? '';
    const focused = this.element.contains(document.activeElement);
    setText(this.#refusal, refusal === '' ? '' : `Your other devices do not get this draft: ${refusal}`);
    this.#drafts.draw(cards);
    if (this.#list.hidden && cards.length > 0) this.#actions.announce('There is a draft from another device, before the message field.');
    this.#list.hidden = cards.length === 0;
    this.#refusal.hidden = refusal === '';
    this.element.hidden = cards.length === 0 && refusal === '' && this.#problem.textContent === '';
    if (focused && this.element.hidden) this.#actions.left();
  }

  #item({ device, text }: DraftCard): HTMLElement {
    const take = element('button', { type: 'button', class: 'small' }, 'Take it');
    const discard = element('button', { type: 'button', class: 'small' }, 'Discard');
    const away = (): Promise<void> => this.#chat.drafts.discard(this.#conversation, device);
    // It is here before it is there no more, so that it is never nowhere.
    take.onclick = () => {
      this.#actions.take(text);
      void attempt(this.#problem, away);
    };
    discard.onclick = () => void attempt(this.#problem, away, discard);
    return element(
      'li',
      {},
      element('p', {}, element('strong', {}, 'Draft from another device: '), element('span', { dir: 'auto' }, text)),
      element('div', { class: 'answers' }, take, discard),
    );
  }
}
