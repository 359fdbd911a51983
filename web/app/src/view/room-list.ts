import type { Conversation } from '../conversation.ts';
import { lookalikeMark } from './avatar.ts';
import { element } from './dom.ts';

const UNREAD_CAP = 99;

export const roomPath = (slug: string): string => `/r/${encodeURIComponent(slug)}`;

export class RoomList {
  readonly element = element('ul', { class: 'room-list', 'data-testid': 'room-list', 'aria-label': 'My rooms' });
  #look = '';
  #order: string[] = [];

  draw(conversations: Conversation[], open: Conversation | undefined): void {
    // Nothing may jump away under the pointer or the focus.
    if (!this.element.matches(':hover, :focus-within')) this.#order = conversations.map(({ id }) => id);
    const rank = new Map(this.#order.map((id, index) => [id, index]));
    const rooms = conversations.toSorted((a, b) => (rank.get(a.id) ?? -1) - (rank.get(b.id) ?? -1));
    const look = JSON.stringify(rooms.map((room) => [room.id, room.unread, room === open]));
    if (look === this.#look) return;
    this.#look = look;
    this.element.replaceChildren(...rooms.map((room) => this.#item(room, room === open)));
  }

  #item(room: Conversation, open: boolean): HTMLElement {
    const { unread } = room;
    const count = unread > UNREAD_CAP ? `${UNREAD_CAP}+` : String(unread);
    const link = element(
      'a',
      { href: roomPath(room.slug), class: unread > 0 ? 'unread' : undefined, 'aria-current': open ? 'page' : undefined },
      element('span', { class: 'slug', dir: 'auto' }, room.slug),
      unread > 0 ? element('span', { class: 'badge', 'aria-label': `${unread} unread` }, count) : undefined,
    );
    return element('li', {}, link, room.lookalike ? roomMark() : undefined);
  }
}

export const roomMark = (): HTMLElement =>
  lookalikeMark('This room name mixes scripts: it may be taken for another room.');
