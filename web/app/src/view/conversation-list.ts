import type { Chat } from '../chat.ts';
import type { Conversation } from '../conversation.ts';
import { silentForGood, silentUntil } from '../own-settings.ts';
import { chatPath, roomPath } from '../place.ts';
import type { Presence } from '../signals.ts';
import { attempt } from './attempt.ts';
import { avatar, lookalikeMark } from './avatar.ts';
import { conversationMenu, conversationMenuButton } from './conversation-menu.ts';
import { countText } from './count.ts';
import { untilText } from './dates.ts';
import { element, icon, setText, type IconName } from './dom.ts';
import { KeyedList } from './keyed-list.ts';
import { openMenu } from './menu.ts';
import { presenceDot } from './presence.ts';

// As much of a draft as a line can show.
const DRAFT_CHARACTERS = 120;

export const KIND_NAMES = { room: 'Room', group: 'Group', direct: 'Chat with' };

/** Where the account talks, and apart from that who would like to talk with it. */
export class ConversationList {
  readonly element: HTMLElement;
  readonly #chat: Chat;
  readonly #list = element('ul', { class: 'conversation-list', 'data-testid': 'conversations', 'aria-label': 'My conversations' });
  readonly #requestList = element('ul', { class: 'conversation-list', 'aria-labelledby': 'requests-title' });
  readonly #requests: HTMLElement;
  readonly #archiveList = element('ul', { class: 'conversation-list', 'data-testid': 'archive', 'aria-label': 'Archived conversations' });
  readonly #archiveTitle = element('summary');
  readonly #archive = element('details', { class: 'archive', hidden: true }, this.#archiveTitle, this.#archiveList);
  readonly #refusal = element('p', { class: 'problem', role: 'alert' });
  readonly #problem = element('p', { class: 'problem', role: 'alert' });
  readonly #conversations = this.#listed(this.#list);
  readonly #archived = this.#listed(this.#archiveList);
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
    this.element = element('div', { class: 'conversations' }, this.#requests, this.#refusal, this.#list, this.#archive);
    // What was not to jump away falls into its place once nothing points at it.
    for (const event of ['pointerleave', 'focusout']) this.#list.addEventListener(event, () => requestAnimationFrame(() => this.draw()));
  }

  draw(): void {
    const { requests } = this.#chat;
    const all = this.#chat.conversations;
    const conversations = all.filter(({ ownSettings }) => !ownSettings.archived);
    const archived = all.filter(({ ownSettings }) => ownSettings.archived);
    // Nothing may jump away under the pointer or the focus.
    if (!this.#list.matches(':hover, :has(:focus)')) this.#order = conversations.map(({ id }) => id);
    const rank = new Map(this.#order.map((id, index) => [id, index]));
    this.#conversations.draw(conversations.toSorted((a, b) => (rank.get(a.id) ?? -1) - (rank.get(b.id) ?? -1)));
    this.#archive.hidden = archived.length === 0;
    const unread = archived.reduce((sum, conversation) => sum + this.#chat.unreadIn(conversation), 0);
    setText(this.#archiveTitle, `Archived (${archived.length})${unread > 0 ? `, ${unread} unread` : ''}`);
    this.#archived.draw(archived);
    this.#requests.hidden = requests.length === 0;
    this.#strangers.draw(requests);
  }

  #listed(list: HTMLElement): KeyedList<Conversation> {
    return new KeyedList<Conversation>(list, {
      key: ({ id }) => id,
      look: (conversation) => this.#look(conversation),
      draw: (conversation) => element('li', {}, this.#link(conversation), conversationMark(conversation), this.#menuButton(conversation)),
    });
  }

  #menuButton(conversation: Conversation): HTMLElement {
    const { id, name } = conversation;
    const button = conversationMenuButton(`Menu of ${name}`);
    button.dataset['menuOf'] = id;
    // It may have been drawn anew in the meantime, or have moved to the other list.
    const back = (): void => this.element.querySelector<HTMLElement>(`[data-menu-of="${CSS.escape(id)}"]`)?.focus();
    const doing = (work: () => Promise<unknown>): void => void attempt(this.#refusal, work).then(back);
    button.onclick = () => openMenu(button, `Menu of ${name}`, conversationMenu(this.#chat, conversation, doing, back), back);
    return button;
  }

  #look(conversation: Conversation): string {
    const { name, peer, mark } = conversation;
    const open = conversation === this.#chat.open;
    const status = this.#presenceIn(conversation)?.status;
    const left = [this.#chat.unreadIn(conversation), this.#chat.mentionsIn(conversation), mark.markedFrom !== undefined];
    const own = [...ownMarks(conversation), this.#draftIn(conversation)];
    return JSON.stringify([name, conversationMisleads(conversation), peer?.id, ...left, open, status, ...own]);
  }

  /** Of the other in a direct chat, as long as they are there. */
  #presenceIn({ kind, notes, peerId }: Conversation): Presence | undefined {
    const presence = kind === 'direct' && !notes ? this.#chat.signals.presenceOf(peerId) : undefined;
    return presence?.status === 'offline' ? undefined : presence;
  }

  /** What is begun to be written where one does not write now. */
  #draftIn(conversation: Conversation): string {
    if (conversation === this.#chat.open) return '';
    return this.#chat.drafts.shown(conversation.id).trim().slice(0, DRAFT_CHARACTERS);
  }

  #link(conversation: Conversation): HTMLElement {
    const unread = this.#chat.unreadIn(conversation);
    const mentions = this.#chat.mentionsIn(conversation);
    const marked = unread === 0 && conversation.mark.markedFrom !== undefined;
    const muted = silentUntil(conversation.ownSettings, Date.now()) !== undefined;
    const draft = this.#draftIn(conversation);
    const path = conversation.kind === 'room' ? roomPath(conversation.slug) : chatPath(conversation.id);
    const current = conversation === this.#chat.open ? 'page' : undefined;
    const presence = this.#presenceIn(conversation);
    return element(
      'a',
      { href: path, class: unread > 0 || marked ? 'unread' : undefined, 'aria-current': current },
      conversationPicture(conversation),
      conversation.notes ? undefined : element('span', { class: 'visually-hidden' }, KIND_NAMES[conversation.kind]),
      element('span', { class: 'name', dir: 'auto' }, conversation.name),
      unread > 0 ? badge(muted ? 'badge muted' : 'badge', `${unread} unread`, countText(unread)) : undefined,
      mentions > 0 ? badge('badge mention', mentions === 1 ? '1 mention' : `${mentions} mentions`, '@') : undefined,
      marked ? badge('badge', 'Marked as unread', '•') : undefined,
      ...ownMarks(conversation).map(([name, label]) => element('span', { class: 'mark', role: 'img', 'aria-label': label, title: label }, icon(name))),
      draft === '' ? undefined : element('span', { class: 'draft' }, 'Draft: ', element('span', { dir: 'auto' }, draft)),
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

const badge = (className: string, label: string, text: string): HTMLElement =>
  element('span', { class: className, role: 'img', 'aria-label': label, title: label }, text);

/** What the account has set for itself, as far as it is to be seen in the list. */
function ownMarks({ ownSettings }: Conversation): [IconName, string][] {
  const { pinned, level } = ownSettings;
  const until = silentUntil(ownSettings, Date.now());
  const marks: [IconName, string][] = pinned ? [['pin', 'Pinned to the top']] : [];
  if (until) marks.push(['silent', silentForGood(until) ? 'Muted' : `Muted ${untilText(until)}`]);
  else if (level === 'none') marks.push(['silent', 'You are told of nothing']);
  else if (level === 'mentions') marks.push(['bell', 'You are told only of what mentions you']);
  return marks;
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
