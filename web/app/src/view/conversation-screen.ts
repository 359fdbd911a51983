import type { Chat, Departure } from '../chat.ts';
import type { Conversation } from '../conversation.ts';
import { may } from '../permission.ts';
import { ROOMS_PATH, type Place } from '../place.ts';
import { ApiError } from '../request.ts';
import { timelineRows } from '../rows.ts';
import { standingOf } from '../standing.ts';
import type { SenderCard } from '../wire.ts';
import { attempt } from './attempt.ts';
import { brand } from './brand.ts';
import { Composer } from './composer.ts';
import { confirm } from './confirm.ts';
import { ConversationDialog } from './conversation-dialog.ts';
import { ConversationList, conversationMark } from './conversation-list.ts';
import { DirectDialog } from './direct-dialog.ts';
import { element, icon, setText } from './dom.ts';
import { MeButton } from './me-button.ts';
import { newChatButton, type Go } from './new-chat-dialog.ts';
import { PersonDialog } from './person-dialog.ts';
import { RequestBar } from './request-bar.ts';
import { ROWS_AFTER_TRIM, ROWS_BEFORE_TRIM, TimelineView } from './timeline-view.ts';

export interface ScreenActions {
  toggleDevMenu(): void;
  redraw(): void;
  announce(sentence: string): void;
  go: Go;
}

/** One open conversation, with the list of the others beside it. */
export class ConversationScreen {
  readonly element: HTMLElement;
  readonly #chat: Chat;
  readonly #place: Extract<Place, { kind: 'room' | 'chat' }>;
  readonly #redraw: () => void;
  readonly #list: ConversationList;
  readonly #timeline: TimelineView;
  readonly #composer: Composer;
  readonly #requestBar: RequestBar;
  readonly #title = element('h1', { 'data-testid': 'room-title', dir: 'auto' });
  readonly #topic = element('p', { class: 'topic', dir: 'auto' });
  readonly #details = element(
    'button',
    { type: 'button', class: 'icon-button', 'data-testid': 'details', 'aria-label': 'Details', title: 'Details', 'aria-haspopup': 'dialog', hidden: true },
    icon('info'),
  );
  readonly #go: Go;
  readonly #me: MeButton;
  readonly #notice = element('div', { class: 'notice' });
  readonly #unblockProblem = element('p', { class: 'problem', role: 'alert' });
  readonly #disposed = new AbortController();
  #dialog: ConversationDialog | DirectDialog | undefined;
  #problem: string | undefined;
  #opening = true;
  #opened = false;

  constructor(chat: Chat, place: Extract<Place, { kind: 'room' | 'chat' }>, actions: ScreenActions) {
    this.#chat = chat;
    this.#place = place;
    this.#redraw = () => actions.redraw();
    this.#go = (path) => actions.go(path);
    this.#details.onclick = () => this.#openDetails();
    this.#list = new ConversationList(chat);
    this.#requestBar = new RequestBar(chat);
    this.#me = new MeButton(chat);
    this.#timeline = new TimelineView(
      {
        person: (sender) => this.#openPerson(sender),
        delete: (seq) => void this.#confirmDelete(seq),
        retry: (clientId) => chat.outbox.retry(clientId),
        discard: (clientId) => chat.outbox.drop(clientId),
      },
      () => void chat.open?.loadOlder(),
    );
    this.#composer = new Composer({
      maxBytes: () => chat.messageBytes,
      submit: (text) => this.#send(text),
      barrier: () => chat.open && chat.barrier(chat.open),
      unblock: () => void this.#unblock(),
      announce: (sentence) => actions.announce(sentence),
    });
    if (place.kind === 'room') this.#title.append(place.slug);

    const devButton = element('button', { type: 'button', class: 'quiet', title: 'Ctrl+Shift+D' }, 'Developer menu');
    devButton.onclick = () => actions.toggleDevMenu();
    const sidebar = element(
      'nav',
      { class: 'sidebar', id: 'conversations', 'aria-label': 'Conversations' },
      brand(),
      newChatButton(chat, actions.go),
      element('a', { href: ROOMS_PATH, class: 'other-room' }, icon('room'), 'Public rooms'),
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
      { type: 'button', class: 'icon-button menu', 'aria-label': 'Show conversations', 'aria-controls': 'conversations', 'aria-expanded': 'false' },
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
        element('header', { class: 'room-header' }, menu, element('div', { class: 'head' }, this.#title, this.#topic), this.#details),
        this.#notice,
        this.#timeline.element,
        element('div', { class: 'foot' }, this.#requestBar.element, this.#unblockProblem, this.#composer.element),
      ),
    );
    void this.#open();
  }

  dispose(): void {
    this.#disposed.abort();
    this.#timeline.dispose();
    this.#composer.dispose();
    this.#chat.close();
  }

  countNew(): void {
    this.#timeline.countNew();
  }

  draw(): void {
    const chat = this.#chat;
    const conversation = chat.open;
    this.#list.draw();
    this.#me.draw();
    const loaded = conversation?.loaded ?? false;
    this.element.classList.toggle('loaded', loaded);
    this.#drawNotice(loaded);
    const request = conversation?.request && !chat.blocks.has(conversation.peerId) ? conversation : undefined;
    const answered = request === undefined && this.#requestBar.waiting;
    this.#requestBar.draw(request);
    this.#composer.element.hidden = request !== undefined || (!conversation && !this.#opening);
    if (conversation) this.#composer.draw();
    if (answered && this.#requestBar.mayLoseFocus) this.#composer.focus();
    this.#timeline.element.hidden = chat.departure !== undefined;
    this.#details.hidden = conversation === undefined;
    if (conversation) this.#drawTitle(conversation);
    if (conversation) this.#dialog?.draw();
    else this.#dialog?.element.close();
    if (!conversation || !loaded) return;
    if (this.#timeline.following && conversation.timeline.size > ROWS_BEFORE_TRIM) {
      conversation.timeline.keepNewest(ROWS_AFTER_TRIM);
    }
    const rows = timelineRows(conversation.timeline.messages, chat.outbox.in(conversation.id), chat.account, {
      changes: conversation.timeline.changes,
      deletesAny: may(conversation.role, 'delete-any', conversation.kind),
    });
    this.#timeline.draw(rows, conversation);
  }

  async #open(): Promise<void> {
    this.#opening = true;
    this.#problem = undefined;
    try {
      const wanted = (): boolean => !this.#disposed.signal.aborted;
      if (this.#place.kind === 'room') await this.#chat.openRoom(this.#place.slug, wanted);
      else await this.#chat.openChat(this.#place.id, wanted);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#problem = error.message;
    }
    this.#opening = false;
    const conversation = this.#chat.open;
    if (conversation && !this.#disposed.signal.aborted) {
      if (!this.#opened) this.#composer.open(this.#chat.account.id, conversation.id);
      this.#opened = true;
    }
    this.#redraw();
  }

  #drawTitle(conversation: Conversation): void {
    const { name, notes, settings } = conversation;
    setText(this.#topic, settings.topic);
    const mark = conversationMark(conversation);
    const look = JSON.stringify([name, mark !== undefined]);
    if (this.#title.dataset['look'] === look) return;
    this.#title.dataset['look'] = look;
    this.#title.replaceChildren(name, ...(mark ? [mark] : []));
    this.#composer.name(notes ? 'Write a note' : `Write to ${name}`);
  }

  #openDetails(): void {
    const conversation = this.#chat.open;
    if (!conversation) return;
    const dialog =
      conversation.kind === 'direct'
        ? new DirectDialog(this.#chat, conversation)
        : new ConversationDialog(this.#chat, conversation, this.#go);
    this.#dialog = dialog;
    dialog.element.addEventListener('close', () => (this.#dialog = undefined));
    document.body.append(dialog.element);
    dialog.element.showModal();
  }

  /** Who wrote something; where they stand is asked for. */
  #openPerson(sender: SenderCard): void {
    const conversation = this.#chat.open;
    if (!conversation) return;
    if (conversation.kind === 'direct') {
      this.#openDetails();
      return;
    }
    const find = (): void =>
      void standingOf(conversation.id, sender.id, conversation.api.getMembers).then(
        (standing) => person.draw(standing),
        // What can be done without knowing it is there.
        () => {},
      );
    const person = new PersonDialog({ chat: this.#chat, conversation, account: sender, go: this.#go, changed: find });
    document.body.append(person.element);
    person.element.showModal();
    find();
  }

  #drawNotice(loaded: boolean): void {
    const { departure } = this.#chat;
    const text = loaded || this.#opening || this.#chat.open?.loading ? '' : departure ? departureText(departure) : (this.#problem ?? 'This could not be loaded.');
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
    // Nobody comes back by themselves into a group, or anywhere under a ban.
    again.hidden = departure !== undefined && (departure.kind !== 'room' || departure.change === 'banned');
    this.#notice.replaceChildren(element('p', { role: 'alert' }, text), again);
  }

  async #unblock(): Promise<void> {
    const peer = this.#chat.open?.peerId;
    if (peer !== undefined) await attempt(this.#unblockProblem, () => this.#chat.unblock(peer));
  }

  #send(text: string): void {
    const conversation = this.#chat.open;
    if (!conversation) return;
    this.#chat.send(conversation, text);
    // The bubble shows in the same frame, and the writer sees it.
    this.draw();
    this.#timeline.toEnd();
  }

  async #confirmDelete(seq: number): Promise<void> {
    const conversation = this.#chat.open;
    if (!conversation) return;
    await confirm({
      question: 'Delete this message for everyone?',
      keep: 'Keep it',
      submit: 'Delete',
      action: () => this.#chat.delete(conversation, seq),
    });
    this.#timeline.takeFocus(seq);
  }
}

function departureText({ name, kind, change }: Departure): string {
  if (change === 'banned') return `You were banned from ${name}.`;
  if (change === 'removed') return `You were removed from ${name}.`;
  return `You are not in ${kind === 'room' ? 'this room' : name} any more.`;
}
