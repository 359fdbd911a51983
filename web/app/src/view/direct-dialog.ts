import type { Chat } from '../chat.ts';
import type { Conversation } from '../conversation.ts';
import { attempt } from './attempt.ts';
import { accountName, avatar } from './avatar.ts';
import { element, setText } from './dom.ts';
import { modal } from './modal.ts';
import { presenceLine } from './presence.ts';

/** The other in a direct chat, and what can be done about them. */
export class DirectDialog {
  readonly element: HTMLDialogElement;
  readonly #chat: Chat;
  readonly #conversation: Conversation;
  readonly #presence = element('p', { class: 'status' });
  readonly #state = element('p', { class: 'lead' });
  readonly #block = element('button', { type: 'button', class: 'danger' });

  constructor(chat: Chat, conversation: Conversation) {
    this.#chat = chat;
    this.#conversation = conversation;
    const { peer, notes } = conversation;
    const problem = element('p', { class: 'problem', role: 'alert' });
    this.#block.onclick = () => void attempt(problem, () => this.#toggle(), this.#block);
    this.element = modal(
      conversation.name,
      'conversation',
      peer && !notes ? element('div', { class: 'person' }, avatar(peer), accountName(peer)) : undefined,
      this.#presence,
      this.#state,
      problem,
      notes ? undefined : element('div', { class: 'answers' }, this.#block),
    );
    this.draw();
  }

  /** Shows what has changed, also by another device. */
  draw(): void {
    const { name, notes, peerId } = this.#conversation;
    setText(this.element.querySelector('h2') as Element, name);
    const presence = notes ? undefined : this.#chat.signals.presenceOf(peerId);
    const look = JSON.stringify([presence]);
    if (this.#presence.dataset['look'] !== look) {
      this.#presence.dataset['look'] = look;
      this.#presence.hidden = presence === undefined;
      this.#presence.replaceChildren(...(presence ? presenceLine(presence) : []));
    }
    const blocked = this.#chat.blocks.has(peerId);
    setText(this.#block, blocked ? 'Unblock' : 'Block');
    if (notes) setText(this.#state, 'What you write here is for you alone, on all your devices.');
    else if (blocked) setText(this.#state, 'You block this account: nothing that it writes here reaches you, and you cannot write to it.');
    else setText(this.#state, 'Blocked accounts cannot reach you here, and do not learn of it.');
  }

  #toggle(): Promise<void> {
    const { peerId = '' } = this.#conversation;
    return this.#chat.blocks.has(peerId) ? this.#chat.unblock(peerId) : this.#chat.block(peerId);
  }
}
