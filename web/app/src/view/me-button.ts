import type { Chat } from '../chat.ts';
import { AccountDialog } from './account-dialog.ts';
import { avatar } from './avatar.ts';
import { element } from './dom.ts';

/** Who one is here; opens what one can do about it. */
export class MeButton {
  readonly element: HTMLButtonElement;
  readonly #chat: Chat;
  #dialog: AccountDialog | undefined;
  #drawn = 0;

  constructor(chat: Chat) {
    this.#chat = chat;
    this.element = element('button', { type: 'button', class: 'me', 'data-testid': 'me', title: 'Your account' });
    this.element.onclick = () => this.#open();
    this.draw();
  }

  draw(): void {
    this.#dialog?.draw();
    const { account } = this.#chat;
    if (account.version === this.#drawn) return;
    this.#drawn = account.version;
    this.element.replaceChildren(avatar(account), element('span', { dir: 'auto' }, account.name));
    this.element.setAttribute('aria-label', `Your account: ${account.name}`);
  }

  #open(): void {
    const dialog = new AccountDialog(this.#chat);
    this.#dialog = dialog;
    dialog.element.addEventListener('close', () => (this.#dialog = undefined));
    document.body.append(dialog.element);
    dialog.element.showModal();
  }
}
