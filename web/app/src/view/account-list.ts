import type { Chat } from '../chat.ts';
import { accountName, avatar } from './avatar.ts';
import { countText } from './count.ts';
import { element } from './dom.ts';
import { KeyedList } from './keyed-list.ts';

/** The accounts that the browser is signed in as, the one that is shown first, with a way to each other and to one more. */
export class AccountList {
  readonly element: HTMLElement;
  readonly #chat: Chat;
  readonly #list = element('ul', { 'aria-label': 'Your accounts', 'data-testid': 'accounts' });
  readonly #accounts = new KeyedList<Chat>(this.#list, {
    key: ({ account }) => account.id,
    look: ({ account, unread }) => `${account.version} ${unread}`,
    draw: (chat) => element('li', {}, chat === this.#chat ? present(chat) : other(chat)),
  });

  constructor(chat: Chat) {
    this.#chat = chat;
    const add = element('button', { type: 'button', class: 'small', 'data-testid': 'add-account-button' }, 'Add an account');
    add.onclick = () => chat.beside.add();
    this.element = element('div', { class: 'paged-list' }, this.#list, add);
    this.draw();
  }

  draw(): void {
    this.#accounts.draw([this.#chat, ...this.#chat.beside.others(this.#chat.account.id)]);
  }
}

const present = ({ account }: Chat): HTMLElement =>
  element('div', { class: 'person', 'aria-current': 'true' }, avatar(account), who(account));

function other({ account, unread, beside }: Chat): HTMLElement {
  const button = element(
    'button',
    { type: 'button', class: 'person' },
    avatar(account),
    who(account, element('span', { class: 'visually-hidden' }, 'Change to')),
    unread > 0 ? element('span', { class: 'badge', role: 'img', 'aria-label': `${unread} unread` }, countText(unread)) : undefined,
  );
  button.onclick = () => beside.select(account.id);
  return button;
}

const who = (account: Chat['account'], before?: Node): HTMLElement =>
  element(
    'span',
    { class: 'who' },
    before,
    accountName(account),
    element('small', {}, account.username === undefined ? 'Guest' : `@${account.username}`),
  );
