import type { Chat } from '../chat.ts';
import { Directory } from '../directory.ts';
import { roomPath } from '../place.ts';
import { slugOf } from '../slug.ts';
import type { ListedRoom } from '../wire.ts';
import { lookalikeMark } from './avatar.ts';
import { brand } from './brand.ts';
import { element, fold, icon, setText } from './dom.ts';
import { KeyedList } from './keyed-list.ts';
import { MeButton } from './me-button.ts';
import { newRoomForm } from './new-room-form.ts';
import type { Go } from './new-chat-dialog.ts';
import { touchOnly } from './touch.ts';

/** The rooms that everybody finds: one looks for one and enters it, or opens a new one. */
export class RoomsScreen {
  readonly element: HTMLElement;
  readonly #directory: Directory;
  readonly #me: MeButton;
  readonly #go: Go;
  readonly #field = element('input', {
    id: 'find-room',
    type: 'search',
    placeholder: 'Name or topic',
    autocomplete: 'off',
    autocapitalize: 'none',
    spellcheck: 'false',
    'data-testid': 'find-room',
    'aria-controls': 'rooms',
  });
  readonly #state = element('p', { class: 'lead', role: 'status', 'data-testid': 'rooms-state' });
  readonly #problem = element('p', { class: 'problem', role: 'alert' });
  readonly #again = element('button', { type: 'button', class: 'small', hidden: true }, 'Try again');
  readonly #more = element('button', { type: 'button', class: 'small', hidden: true }, 'Show more');
  readonly #open = element('button', { type: 'button', class: 'small', 'data-testid': 'open-typed', hidden: true });
  readonly #list = element('ul', { id: 'rooms', class: 'room-list', 'data-testid': 'rooms', 'aria-label': 'Public rooms' });
  readonly #rooms = new KeyedList<ListedRoom>(this.#list, {
    key: ({ slug }) => slug,
    look: (room) => JSON.stringify(room),
    draw: (room) => item(room),
  });
  readonly #disposed = new AbortController();

  constructor(chat: Chat, go: Go) {
    this.#go = go;
    this.#directory = new Directory(() => this.#show(), chat.api.getRooms);
    this.#me = new MeButton(chat);
    const title = element('h1', { tabindex: '-1' }, 'Public rooms');
    this.element = element(
      'main',
      { class: 'screen top' },
      element('header', {}, brand(), this.#me.element),
      title,
      fold('Open a new room', [newRoomForm(chat, go)]),
      element('div', { class: 'field' }, element('label', { for: 'find-room' }, 'Find a room'), this.#field),
      element('div', { class: 'found' }, this.#state, this.#open, this.#problem, this.#again, this.#list, this.#more),
    );
    this.#field.oninput = () => this.#directory.look(this.#field.value);
    this.element.onkeydown = (event) => this.#keyDown(event);
    this.#again.onclick = () => void this.#directory.begin();
    this.#more.onclick = () => void this.#directory.readOn();
    this.#open.onclick = () => this.#openTyped();
    const { signal } = this.#disposed;
    addEventListener('online', () => void this.#directory.begin(), { signal });
    addEventListener('offline', () => this.#show(), { signal });
    requestAnimationFrame(() => (touchOnly.matches ? title : this.#field).focus());
    void this.#directory.begin();
  }

  draw(): void {
    this.#me.draw();
  }

  dispose(): void {
    this.#disposed.abort();
    this.#directory.stop();
  }

  #show(): void {
    const { phase, problem, more, known, found, wanted, count } = this.#directory;
    const reading = phase === 'reading';
    this.#rooms.draw(found);
    setText(this.#state, this.#stateText());
    setText(this.#problem, phase === 'failed' && navigator.onLine ? problem : '');
    this.#again.hidden = phase !== 'failed' || !navigator.onLine;
    this.#more.hidden = !known || !more || phase === 'failed';
    this.#more.disabled = reading;
    setText(this.#more, wanted === '' ? 'Show more' : `Look on after the first ${count} rooms`);
    const slug = slugOf(wanted);
    this.#open.hidden = slug === undefined || found.length > 0 || reading || !known;
    setText(this.#open, `Open the room “${slug ?? ''}”`);
  }

  #stateText(): string {
    const { phase, known, more, found, wanted, count } = this.#directory;
    if (phase === 'failed' && !navigator.onLine) return 'You are offline. The list comes when you are back.';
    if (phase === 'failed') return '';
    if (phase === 'reading' && found.length === 0) return 'Looking…';
    if (!known) return '';
    if (wanted !== '') {
      if (found.length === 0) return more ? `None of the first ${count} rooms is called so.` : `No public room has “${wanted}” in its name or topic.`;
      return found.length === 1 ? '1 room found' : `${found.length} rooms found`;
    }
    if (count === 0) return 'No room is public yet. Whoever opens one can show it here.';
    if (more) return `The first ${count} rooms`;
    return count === 1 ? '1 room' : `${count} rooms`;
  }

  /** From the field the arrows lead into the list and back, and through it. */
  #keyDown(event: KeyboardEvent): void {
    const { target, key } = event;
    if (event.isComposing || event.keyCode === 229 || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const links = [...this.#list.querySelectorAll('a')];
    const present = links.findIndex((link) => link === target);
    if (target === this.#field ? key !== 'ArrowDown' && key !== 'Enter' : present < 0 || (key !== 'ArrowDown' && key !== 'ArrowUp')) return;
    event.preventDefault();
    if (key === 'ArrowUp') (links[present - 1] ?? this.#field).focus();
    else if (links.length > 0) (links[present + 1] ?? links[present])?.focus();
    else if (!this.#open.hidden) this.#open.focus();
  }

  #openTyped(): void {
    const slug = slugOf(this.#directory.wanted);
    if (slug !== undefined) this.#go(roomPath(slug));
  }
}

function item({ slug, lookalike, title, topic, members, joined }: ListedRoom): HTMLElement {
  const count = members === 1 ? '1 member' : `${members} members`;
  const address = title === slug ? '' : `${roomPath(slug)} · `;
  const link = element(
    'a',
    { href: roomPath(slug) },
    element('span', { class: 'avatar plain', 'aria-hidden': 'true' }, icon('room')),
    element(
      'span',
      { class: 'who' },
      element('strong', { dir: 'auto' }, title),
      element('small', {}, `${address}${count}${joined ? ' · you are in it' : ''}`),
      topic === '' ? undefined : element('span', { class: 'about', dir: 'auto' }, topic),
    ),
  );
  const mark = lookalike ? lookalikeMark('This room name mixes scripts: it may be taken for another room.') : undefined;
  return element('li', {}, link, mark);
}
