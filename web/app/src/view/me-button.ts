import type { Chat } from '../chat.ts';
import { AccountDialog } from './account-dialog.ts';
import { avatar } from './avatar.ts';
import { countText } from './count.ts';
import { element } from './dom.ts';

/** Who one is here; opens what one can do about it. */
export class MeButton {
  readonly element: HTMLButtonElement;
  readonly #chat: Chat;
  #dialog: AccountDialog | undefined;
  #drawn = '';

  constructor(chat: Chat) {
    this.#chat = chat;
    this.element = element('button', { type: 'button', class: 'me', 'data-testid': 'me', title: 'Your account' });
    this.element.onclick = () => this.#open();
    this.draw();
  }

  draw(): void {
    this.#dialog?.draw();
    const { account, beside } = this.#chat;
    const elsewhere = beside.others(account.id).reduce((sum, chat) => sum + chat.unread, 0);
    const look = `${account.version} ${elsewhere}`;
    if (look === this.#drawn) return;
    this.#drawn = look;
    this.element.replaceChildren(
      avatar(account),
      element('span', { dir: 'auto' }, account.name),
      ...(elsewhere > 0 ? [element('span', { class: 'badge' }, countText(elsewhere))] : []),
    );
    const waiting = elsewhere > 0 ? `, ${elsewhere} unread in your other accounts` : '';
    this.element.setAttribute('aria-label', `Your account: ${account.name}${waiting}`);
  }

  #open(): void {
    const dialog = new AccountDialog(this.#chat);
    this.#dialog = dialog;
    dialog.element.addEventListener('close', () => (this.#dialog = undefined));
    document.body.append(dialog.element);
    dialog.element.showModal();
  }
}
