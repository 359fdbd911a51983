import type { Chat } from '../chat.ts';
import { accountName, avatar } from './avatar.ts';
import { countText } from './count.ts';
import { element } from './dom.ts';
import { KeyedList } from './keyed-list.ts';

/** The other accounts that the browser is signed in as, each with a way to it, and the way to one more. */
export class AccountList {
  readonly element: HTMLElement;
  readonly #chat: Chat;
  readonly #list = element('ul', { 'aria-label': 'Your other accounts', 'data-testid': 'accounts' });
  readonly #others = new KeyedList<Chat>(this.#list, {
    key: ({ account }) => account.id,
    look: ({ account, unread }) => `${account.version} ${unread}`,
    draw: (chat) => this.#item(chat),
  });

  constructor(chat: Chat) {
    this.#chat = chat;
    const add = element('button', { type: 'button', class: 'small', 'data-testid': 'add-account-button' }, 'Add an account');
    add.onclick = () => chat.beside.add();
    this.element = element('div', { class: 'paged-list' }, this.#list, add);
    this.draw();
  }

  draw(): void {
    this.#others.draw(this.#chat.beside.others(this.#chat.account.id));
  }

  #item({ account, unread, beside }: Chat): HTMLElement {
    const button = element(
      'button',
      { type: 'button', class: 'person' },
      avatar(account),
      element(
        'span',
        { class: 'who' },
        element('span', { class: 'visually-hidden' }, 'Change to'),
        accountName(account),
        element('small', {}, account.username === undefined ? 'Guest' : `@${account.username}`),
      ),
      unread > 0 ? element('span', { class: 'badge', role: 'img', 'aria-label': `${unread} unread` }, countText(unread)) : undefined,
    );
    button.onclick = () => beside.select(account.id);
    return element('li', {}, button);
  }
}
