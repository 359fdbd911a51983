import type { Chat } from '../chat.ts';
import type { Conversation } from '../conversation.ts';
import { chatPath, roomPath } from '../place.ts';
import type { Presence } from '../signals.ts';
import { attempt } from './attempt.ts';
import { avatar, lookalikeMark } from './avatar.ts';
import { countText } from './count.ts';
import { element, icon } from './dom.ts';
import { KeyedList } from './keyed-list.ts';
import { presenceDot } from './presence.ts';

export const KIND_NAMES = { room: 'Room', group: 'Group', direct: 'Chat with' };

/** Where the account talks, and apart from that who would like to talk with it. */
export class ConversationList {
  readonly element: HTMLElement;
  readonly #chat: Chat;
  readonly #list = element('ul', { class: 'conversation-list', 'data-testid': 'conversations', 'aria-label': 'My conversations' });
  readonly #requestList = element('ul', { class: 'conversation-list', 'aria-labelledby': 'requests-title' });
  readonly #requests: HTMLElement;
  readonly #problem = element('p', { class: 'problem', role: 'alert' });
  readonly #conversations = new KeyedList<Conversation>(this.#list, {
    key: ({ id }) => id,
    look: (conversation) => this.#look(conversation),
    draw: (conversation) => element('li', {}, this.#link(conversation), conversationMark(conversation)),
  });
  readonly #strangers = new KeyedList<Conversation>(this.#requestList, {
    key: ({ id }) => id,
    look: (conversation) => this.#look(conversation),
    draw: (conversation) => this.#request(conversation),
  });
  #order: string[] = [];

  constructor(chat: Chat) {
    this.#chat = chat;
    this.#requests = element(
      'section',
      { class: 'requests', 'data-testid': 'requests', hidden: true },
      element('h2', { id: 'requests-title' }, 'Message requests'),
      this.#requestList,
      this.#problem,
    );
    this.element = element('div', { class: 'conversations' }, this.#requests, this.#list);
  }

  draw(): void {
    const { conversations, requests } = this.#chat;
    // Nothing may jump away under the pointer or the focus.
    if (!this.#list.matches(':hover, :has(:focus)')) this.#order = conversations.map(({ id }) => id);
    const rank = new Map(this.#order.map((id, index) => [id, index]));
    this.#conversations.draw(conversations.toSorted((a, b) => (rank.get(a.id) ?? -1) - (rank.get(b.id) ?? -1)));
    this.#requests.hidden = requests.length === 0;
    this.#strangers.draw(requests);
  }

  #look(conversation: Conversation): string {
    const { name, peer } = conversation;
    const open = conversation === this.#chat.open;
    const status = this.#presenceIn(conversation)?.status;
    return JSON.stringify([name, conversationMisleads(conversation), peer?.id, this.#chat.unreadIn(conversation), open, status]);
  }

  /** Of the other in a direct chat, as long as they are there. */
  #presenceIn({ kind, notes, peerId }: Conversation): Presence | undefined {
    const presence = kind === 'direct' && !notes ? this.#chat.signals.presenceOf(peerId) : undefined;
    return presence?.status === 'offline' ? undefined : presence;
  }

  #link(conversation: Conversation): HTMLElement {
    const unread = this.#chat.unreadIn(conversation);
    const path = conversation.kind === 'room' ? roomPath(conversation.slug) : chatPath(conversation.id);
    const current = conversation === this.#chat.open ? 'page' : undefined;
    const presence = this.#presenceIn(conversation);
    return element(
      'a',
      { href: path, class: unread > 0 ? 'unread' : undefined, 'aria-current': current },
      conversationPicture(conversation),
      conversation.notes ? undefined : element('span', { class: 'visually-hidden' }, KIND_NAMES[conversation.kind]),
      element('span', { class: 'name', dir: 'auto' }, conversation.name),
      unread > 0 ? element('span', { class: 'badge', role: 'img', 'aria-label': `${unread} unread` }, countText(unread)) : undefined,
      presence && presenceDot(presence),
    );
  }

  #request(conversation: Conversation): HTMLElement {
    const { name, peerId } = conversation;
    const accept = element('button', { type: 'button', class: 'small', 'aria-label': `Accept ${name}` }, 'Accept');
    const block = element('button', { type: 'button', class: 'small danger', 'aria-label': `Block ${name}` }, 'Block');
    accept.onclick = () => attempt(this.#problem, () => this.#chat.accept(conversation), accept);
    block.onclick = () => attempt(this.#problem, () => this.#chat.block(peerId ?? ''), block);
    const mark = conversationMark(conversation);
    return element(
      'li',
      { class: 'request' },
      this.#link(conversation),
      mark,
      element('div', { class: 'answers' }, accept, block),
    );
  }
}

export function conversationPicture({ kind, notes, peer }: Conversation): Element {
  if (kind === 'direct' && !notes && peer) return avatar(peer);
  const name = notes ? 'note' : kind === 'group' ? 'people' : kind === 'direct' ? 'person' : 'room';
  return element('span', { class: 'avatar plain', 'aria-hidden': 'true' }, icon(name));
}

const conversationMisleads = ({ kind, lookalike, peer, notes }: Conversation): boolean =>
  kind === 'direct' ? !notes && (peer?.lookalike ?? false) : lookalike;

/** A visible mark at a name that may be taken for another one. */
export function conversationMark(conversation: Conversation): HTMLElement | undefined {
  if (!conversationMisleads(conversation)) return undefined;
  const what = conversation.kind === 'room' ? 'room' : conversation.kind === 'group' ? 'group' : 'name';
  return lookalikeMark(`This ${what === 'name' ? '' : `${what} `}name mixes scripts: it may be taken for another ${what}.`);
}
