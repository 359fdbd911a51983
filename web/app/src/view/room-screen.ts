import { ApiError } from '../api.ts';
import type { Chat } from '../chat.ts';
import { timelineRows } from '../rows.ts';
import { brand } from './brand.ts';
import { Composer } from './composer.ts';
import { element, icon, setText } from './dom.ts';
import { MeButton } from './me-button.ts';
import { RoomList, roomMark } from './room-list.ts';
import { ROWS_AFTER_TRIM, ROWS_BEFORE_TRIM, TimelineView } from './timeline-view.ts';

/** One open room, with the list of the others beside it. */
export class RoomScreen {
  readonly element: HTMLElement;
  readonly #chat: Chat;
  readonly #slug: string;
  readonly #redraw: () => void;
  readonly #list = new RoomList();
  readonly #timeline: TimelineView;
  readonly #composer: Composer;
  readonly #title: HTMLElement;
  readonly #me: MeButton;
  readonly #notice = element('div', { class: 'notice' });
  readonly #disposed = new AbortController();
  #problem: string | undefined;
  #opening = true;
  #opened = false;

  constructor(chat: Chat, slug: string, toggleDevMenu: () => void, redraw: () => void) {
    this.#chat = chat;
    this.#slug = slug;
    this.#redraw = redraw;
    this.#me = new MeButton(chat);
    this.#timeline = new TimelineView(
      {
        delete: (seq) => this.#confirmDelete(seq),
        retry: (clientId) => chat.outbox.retry(clientId),
        discard: (clientId) => chat.outbox.drop(clientId),
      },
      () => void chat.open?.loadOlder(),
    );
    this.#composer = new Composer(() => chat.messageBytes, (text) => this.#send(text));
    this.#title = element('h1', { 'data-testid': 'room-title', dir: 'auto' }, slug);

    const devButton = element('button', { type: 'button', class: 'quiet', title: 'Ctrl+Shift+D' }, 'Developer menu');
    devButton.onclick = toggleDevMenu;
    const sidebar = element(
      'nav',
      { class: 'sidebar', id: 'rooms', 'aria-label': 'Rooms' },
      brand(),
      element('a', { href: '/', class: 'other-room' }, icon('plus'), 'Another room'),
      this.#list.element,
      element(
        'footer',
        {},
        this.#me.element,
        devButton,
      ),
    );
    const menu = element(
      'button',
      { type: 'button', class: 'icon-button menu', 'aria-label': 'Show rooms', 'aria-controls': 'rooms', 'aria-expanded': 'false' },
      icon('menu'),
    );
    const backdrop = element('div', { class: 'backdrop' });
    const showDrawer = (open: boolean): void => {
      sidebar.classList.toggle('open', open);
      menu.setAttribute('aria-expanded', String(open));
      (open ? sidebar.querySelector('a') : menu)?.focus();
    };
    menu.onclick = () => showDrawer(true);
    backdrop.onclick = () => showDrawer(false);
    sidebar.onkeydown = (event) => {
      if (event.key === 'Escape') showDrawer(false);
    };

    this.element = element(
      'div',
      { class: 'room' },
      sidebar,
      backdrop,
      element(
        'main',
        {},
        element('header', { class: 'room-header' }, menu, this.#title),
        this.#notice,
        this.#timeline.element,
        this.#composer.element,
      ),
    );
    void this.#open();
  }

  dispose(): void {
    this.#disposed.abort();
    this.#me.dispose();
    this.#timeline.dispose();
    this.#chat.close();
  }

  countNew(): void {
    this.#timeline.countNew();
  }

  draw(): void {
    const chat = this.#chat;
    const conversation = chat.open;
    this.#list.draw(chat.conversations, conversation);
    this.#me.draw();
    const loaded = conversation?.loaded ?? false;
    this.element.classList.toggle('loaded', loaded);
    this.#drawNotice(loaded);
    if (!conversation || !loaded) return;
    if (this.#timeline.following && conversation.timeline.messages.length > ROWS_BEFORE_TRIM) {
      conversation.timeline.keepNewest(ROWS_AFTER_TRIM);
    }
    const rows = timelineRows(conversation.timeline.messages, chat.outbox.in(conversation.id), chat.account);
    this.#timeline.draw(rows, conversation);
  }

  async #open(): Promise<void> {
    this.#opening = true;
    this.#problem = undefined;
    try {
      await this.#chat.openRoom(this.#slug, () => !this.#disposed.signal.aborted);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#problem = error.message;
    }
    this.#opening = false;
    const conversation = this.#chat.open;
    if (conversation && !this.#disposed.signal.aborted) {
      setText(this.#title, conversation.slug);
      if (conversation.lookalike) this.#title.append(roomMark());
      if (!this.#opened) this.#composer.open(conversation.id, `Write to ${conversation.slug}`);
      this.#opened = true;
    }
    this.#redraw();
  }

  #drawNotice(loaded: boolean): void {
    const text = loaded || this.#opening ? '' : (this.#problem ?? 'You are not in this room any more.');
    if (this.#notice.dataset['text'] === text) return;
    this.#notice.dataset['text'] = text;
    if (text === '') {
      this.#notice.replaceChildren();
      return;
    }
    const again = element('button', { type: 'button', class: 'small' }, 'Open it again');
    again.onclick = () => {
      void this.#open();
      this.#redraw();
    };
    this.#notice.replaceChildren(element('p', { role: 'alert' }, text), again);
  }

  #send(text: string): void {
    const conversation = this.#chat.open;
    if (!conversation) return;
    this.#chat.send(conversation, text);
    // The bubble shows in the same frame, and the writer sees it.
    this.draw();
    this.#timeline.toEnd();
  }

  #confirmDelete(seq: number): void {
    const conversation = this.#chat.open;
    if (!conversation) return;
    const problem = element('p', { class: 'problem', role: 'alert' });
    const cancel = element('button', { type: 'button', autofocus: true }, 'Keep it');
    const confirm = element('button', { type: 'button', class: 'danger' }, 'Delete');
    const dialog = element(
      'dialog',
      { 'aria-labelledby': 'delete-title' },
      element('h2', { id: 'delete-title' }, 'Delete this message for everyone?'),
      problem,
      element('div', { class: 'buttons' }, cancel, confirm),
    );
    dialog.onclose = () => dialog.remove();
    cancel.onclick = () => dialog.close();
    confirm.onclick = async () => {
      confirm.disabled = true;
      try {
        await this.#chat.delete(conversation, seq);
        dialog.close();
      } catch (error) {
        setText(problem, error instanceof ApiError ? error.message : String(error));
        confirm.disabled = false;
      }
    };
    this.element.append(dialog);
    dialog.showModal();
  }
}
