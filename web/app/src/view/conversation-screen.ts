import { Candidates } from '../candidates.ts';
import type { Chat, Departure } from '../chat.ts';
import type { Conversation } from '../conversation.ts';
import { firstLine } from '../first-line.ts';
import type { Said } from '../outbox.ts';
import { may } from '../permission.ts';
import { messagePath, ROOMS_PATH, type Place } from '../place.ts';
import { ApiError } from '../request.ts';
import { timelineRows, type MessageRow } from '../rows.ts';
import { standingOf } from '../standing.ts';
import type { SenderCard } from '../wire.ts';
import { attempt } from './attempt.ts';
import { brand } from './brand.ts';
import { copy } from './clipboard.ts';
import { Composer } from './composer.ts';
import { confirm } from './confirm.ts';
import { ConversationDialog } from './conversation-dialog.ts';
import { ConversationList, conversationMark } from './conversation-list.ts';
import { conversationMenu, conversationMenuButton } from './conversation-menu.ts';
import { DirectDialog } from './direct-dialog.ts';
import { element, icon, setText, type IconName } from './dom.ts';
import { DraftBar } from './draft-bar.ts';
import { forwardDialog } from './forward-dialog.ts';
import { MeButton } from './me-button.ts';
import { openMenu, type MenuItem } from './menu.ts';
import { newChatButton, type Go } from './new-chat-dialog.ts';
import { PersonDialog } from './person-dialog.ts';
import { PinsDialog } from './pins-dialog.ts';
import { closePopup } from './popup.ts';
import { presenceLine } from './presence.ts';
import { openReactionPicker } from './reaction-picker.ts';
import { reactionsDialog } from './reactions-dialog.ts';
import { readersDialog } from './readers-dialog.ts';
import { RequestBar } from './request-bar.ts';
import { ROWS_AFTER_TRIM, ROWS_BEFORE_TRIM, TimelineView } from './timeline-view.ts';
import { TypingLine } from './typing-line.ts';

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
  readonly #presence = element('p', { class: 'status', 'data-testid': 'presence' });
  readonly #topic = element('p', { class: 'topic', dir: 'auto' });
  readonly #pins = headerButton('pins', 'Pinned messages', 'pin');
  readonly #details = headerButton('details', 'Details', 'info');
  readonly #ownMenu = conversationMenuButton('Conversation menu');
  readonly #draftBar: DraftBar;
  readonly #typing: TypingLine;
  readonly #announce: (sentence: string) => void;
  readonly #go: Go;
  readonly #me: MeButton;
  readonly #notice = element('div', { class: 'notice' });
  /** Of what is asked for right here, and not in a dialog. */
  readonly #refusal = element('p', { class: 'problem', role: 'alert', 'data-testid': 'refusal' });
  readonly #disposed = new AbortController();
  #dialog: ConversationDialog | DirectDialog | PinsDialog | undefined;
  #candidates: Candidates | undefined;
  /** The message that the address leads to, until it was shown. */
  #target: number | undefined;
  #problem: string | undefined;
  #opening = true;
  #opened = false;
  /** Whether it is shown from where one begins to read. */
  #landed = false;

  constructor(chat: Chat, place: Extract<Place, { kind: 'room' | 'chat' }>, actions: ScreenActions) {
    this.#chat = chat;
    this.#place = place;
    this.#target = place.seq;
    this.#redraw = () => actions.redraw();
    this.#go = (path) => actions.go(path);
    this.#announce = (sentence) => actions.announce(sentence);
    this.#typing = new TypingLine(this.#announce);
    this.#details.onclick = () => this.#openDetails();
    this.#pins.onclick = () => this.#openPins();
    this.#ownMenu.dataset['testid'] = 'conversation-menu';
    this.#ownMenu.onclick = () => this.#openOwnMenu();
    this.#list = new ConversationList(chat);
    this.#requestBar = new RequestBar(chat);
    this.#me = new MeButton(chat);
    this.#timeline = new TimelineView({
      me: chat.account.id,
      person: (sender) => this.#openPerson(sender),
      menu: (row, anchor) => this.#openMenu(row, anchor),
      pick: (row, anchor) => this.#openPicker(row, anchor),
      react: (seq, emoji, on) => void this.#react(seq, emoji, on),
      goTo: (seq) => void this.#goTo(seq),
      retry: (clientId) => chat.outbox.retry(clientId),
      discard: (clientId) => chat.outbox.drop(clientId),
      wantOlder: () => void chat.open?.loadOlder(),
      wantNewer: () => void chat.open?.loadNewer(),
      wantLatest: () => void chat.open?.load(),
      atEnd: this.#redraw,
    });
    this.#composer = new Composer({
      maxBytes: () => chat.messageBytes,
      submit: (said) => this.#send(said),
      save: (seq, said) => this.#save(seq, said),
      editLast: () => this.#editLast(),
      answered: (seq) => this.#answered(seq),
      candidates: () => this.#candidates?.list ?? [],
      drafted: (text) => chat.open && chat.drafts.write(chat.open.id, text),
      typing: (on) => chat.open && !chat.open.notes && chat.typing(chat.open.id, on),
      barrier: () => chat.open && chat.barrier(chat.open),
      unblock: () => void this.#unblock(),
      announce: this.#announce,
    });
    this.#draftBar = new DraftBar(chat, {
      take: (text) => this.#composer.take(text),
      left: () => this.#composer.focus(),
      announce: this.#announce,
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
        element(
          'header',
          { class: 'room-header' },
          menu,
          element('div', { class: 'head' }, this.#title, this.#presence, this.#topic),
          this.#pins,
          this.#details,
          this.#ownMenu,
        ),
        this.#notice,
        this.#timeline.element,
        element('div', { class: 'foot' }, this.#requestBar.element, this.#refusal, this.#typing.element, this.#draftBar.element, this.#composer.element),
      ),
    );
    // Whoever comes back to the page looks at it.
    const { signal } = this.#disposed;
    addEventListener('focus', this.#redraw, { signal });
    document.addEventListener('visibilitychange', this.#redraw, { signal });
    void this.#open();
  }

  dispose(): void {
    this.#disposed.abort();
    closePopup();
    this.#timeline.dispose();
    this.#composer.dispose();
    this.#chat.close();
  }

  countNew(): void {
    this.#timeline.countNew();
  }

  /** Another device has taken over what was begun here. */
  dropDraft(conversation: string): void {
    if (this.#chat.open?.id !== conversation) return;
    this.#composer.drop();
    this.#announce('Your draft was taken or discarded on another device.');
  }

  draw(): void {
    const chat = this.#chat;
    const conversation = chat.open;
    if (this.#landed && this.#timeline.following && document.visibilityState === 'visible' && document.hasFocus()) chat.see();
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
    this.#pins.hidden = conversation === undefined;
    this.#ownMenu.hidden = conversation === undefined;
    this.#draftBar.draw(this.#composer.element.hidden ? undefined : conversation?.id);
    if (conversation) this.#drawTitle(conversation);
    this.#drawSignals(conversation);
    if (conversation) this.#dialog?.draw();
    else this.#dialog?.element.close();
    if (!conversation || !loaded) return;
    if (this.#timeline.following && conversation.timeline.size > ROWS_BEFORE_TRIM) {
      conversation.timeline.keepNewest(ROWS_AFTER_TRIM);
    }
    const { kind, role, timeline, newAfter } = conversation;
    const rows = timelineRows(timeline.messages, chat.outbox.in(conversation.id), chat.account, {
      changes: timeline.changes,
      deletesAny: may(role, 'delete-any', kind),
      writes: this.#writesIn(conversation),
      pins: may(role, 'pin', kind),
      // What is new may begin before what is loaded.
      newAfter: newAfter !== undefined && timeline.firstSeq <= newAfter + 1 ? newAfter : undefined,
      tickOf: (seq) => chat.tickOf(conversation, seq),
      quoted: (seq) => conversation.quoted(seq),
      reactionsTo: (message) => conversation.reactionsTo(message),
    });
    this.#timeline.draw(rows, conversation);
    this.#land();
    this.#leaveWhatIsGone(conversation);
  }

  /** Begins at what is new, unless the address leads elsewhere. Only then is what is at the end seen. */
  #land(): void {
    if (this.#landed || !this.#opened) return;
    this.#landed = true;
    if (this.#place.seq === undefined) this.#timeline.showNew();
    this.#redraw();
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
      if (!this.#opened) {
        this.#candidates = new Candidates(conversation, () => this.#redraw());
        this.#composer.open(this.#chat.account.id, conversation.id);
      }
      this.#opened = true;
      if (this.#target !== undefined && conversation.loaded) {
        void this.#goTo(this.#target);
        this.#target = undefined;
      }
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

  /** Who is there and who types, in what is open. */
  #drawSignals(conversation: Conversation | undefined): void {
    const { signals, people } = this.#chat;
    const presence = conversation && conversation.kind === 'direct' && !conversation.notes ? signals.presenceOf(conversation.peerId) : undefined;
    const count = conversation?.kind === 'room' ? signals.present(conversation.id) : undefined;
    const look = JSON.stringify([presence, count]);
    if (this.#presence.dataset['look'] !== look) {
      this.#presence.dataset['look'] = look;
      this.#presence.hidden = presence === undefined && count === undefined;
      this.#presence.replaceChildren(...(presence ? presenceLine(presence) : count === undefined ? [] : [`${count} here now`]));
    }
    const typists = conversation ? signals.typing(conversation.id).filter((id) => !this.#chat.blocks.has(id)) : [];
    this.#typing.draw(typists.map((id) => ({ id, name: id === conversation?.peerId ? conversation.peer?.name : people.name(id) })));
  }

  #openDetails(): void {
    const conversation = this.#chat.open;
    if (!conversation) return;
    this.#show(
      conversation.kind === 'direct'
        ? new DirectDialog(this.#chat, conversation)
        : new ConversationDialog(this.#chat, conversation, this.#go),
    );
  }

  #openPins(): void {
    const conversation = this.#chat.open;
    if (conversation) this.#show(new PinsDialog(conversation, (seq) => void this.#goTo(seq)));
  }

  /** A dialog that is drawn as what it is about changes. */
  #show(dialog: ConversationDialog | DirectDialog | PinsDialog): void {
    this.#dialog = dialog;
    dialog.element.addEventListener('close', () => (this.#dialog = undefined));
    showModal(dialog.element);
  }

  #openMenu(row: MessageRow, anchor: HTMLElement): void {
    const conversation = this.#chat.open;
    const { seq } = row;
    if (!conversation || seq === undefined) return;
    const back = (): void => this.#timeline.takeFocus(seq, 'more');
    openMenu(anchor, 'Message menu', this.#menuOf(conversation, row, seq), back);
  }

  /** What can be done about a message. What one may not do is not there. */
  #menuOf(conversation: Conversation, row: MessageRow, seq: number): MenuItem[] {
    const { text } = row;
    const back = (): void => this.#timeline.takeFocus(seq, 'more');
    const item = (wanted: boolean, label: string, name: IconName, action: () => unknown, danger = false): MenuItem[] =>
      wanted ? [{ label, icon: name, danger, action: () => void action() }] : [];
    const copied = async (value: string, sentence: string): Promise<void> => {
      if (await attempt(this.#refusal, () => copy(value))) this.#announce(sentence);
      back();
    };
    const link = new URL(messagePath(conversation, seq), location.origin).href;
    return [
      ...item(row.answerable, 'Reply', 'reply', () => this.#composer.reply(seq)),
      ...item(row.answerable, 'React', 'smile', () => this.#openPicker(row, this.#timeline.buttonOf(seq, 'more'))),
      ...item(row.editable, 'Edit', 'pencil', () => this.#composer.edit(seq, text, row.entities)),
      ...item(true, 'Forward', 'forward', () => this.#openForward(seq, text)),
      ...item(row.pinnable, row.pinned ? 'Unpin' : 'Pin', 'pin', () => this.#pin(conversation, seq, !row.pinned)),
      ...item(true, 'Copy text', 'copy', () => copied(text, 'Copied')),
      ...item(true, 'Copy link', 'link', () => copied(link, 'Link copied')),
      ...item(conversation.kind === 'group', 'Read by', 'eye', () => this.#showOver(readersDialog(conversation, seq), seq)),
      ...item(!row.own, 'Mark as unread from here', 'unread', () => this.#markUnread(conversation, seq)),
      ...item(row.reactions.length > 0, 'Who reacted', 'people', () => this.#openReactions(conversation, seq)),
      ...item(row.deletable, 'Delete message', 'trash', () => this.#confirmDelete(seq), true),
    ];
  }

  #openPicker(row: MessageRow, anchor: HTMLElement | undefined): void {
    const { seq, reactions } = row;
    if (seq === undefined || !anchor) return;
    const back = (): void => this.#timeline.takeFocus(seq, anchor.dataset['key']);
    const choose = (emoji: string, on: boolean): void => {
      void this.#react(seq, emoji, on);
      back();
    };
    openReactionPicker(anchor, reactions, choose, back);
  }

  async #react(seq: number, emoji: string, on: boolean): Promise<void> {
    const conversation = this.#chat.open;
    if (conversation) await attempt(this.#refusal, () => conversation.react(seq, emoji, on));
  }

  async #pin(conversation: Conversation, seq: number, pinned: boolean): Promise<void> {
    if (await attempt(this.#refusal, () => conversation.api.pin(conversation.id, seq, pinned))) this.#announce(pinned ? 'Pinned' : 'Unpinned');
    this.#timeline.takeFocus(seq, 'more');
  }

  async #markUnread(conversation: Conversation, seq: number): Promise<void> {
    if (await attempt(this.#refusal, () => this.#chat.markUnread(conversation, seq))) this.#announce('Marked as unread');
    this.#timeline.takeFocus(seq, 'more');
  }

  #openOwnMenu(): void {
    const conversation = this.#chat.open;
    if (!conversation) return;
    const back = (): void => this.#ownMenu.focus();
    const doing = (work: () => Promise<unknown>): void => {
      void attempt(this.#refusal, work);
      back();
    };
    openMenu(this.#ownMenu, 'Conversation menu', conversationMenu(this.#chat, conversation, doing, back), back);
  }

  #openForward(seq: number, text: string): void {
    const dialog = forwardDialog(this.#chat, text, ({ name }) => this.#announce(`Forwarded to ${name}`));
    this.#showOver(dialog, seq);
  }

  #openReactions(conversation: Conversation, seq: number): void {
    this.#showOver(reactionsDialog(conversation, seq), seq);
  }

  /** A dialog about a message, which has the focus again afterwards. */
  #showOver(dialog: HTMLDialogElement, seq: number): void {
    dialog.addEventListener('close', () => this.#timeline.takeFocus(seq, 'more'));
    showModal(dialog);
  }

  /** Shows a message wherever in the conversation it is. */
  async #goTo(seq: number): Promise<void> {
    const conversation = this.#chat.open;
    if (!conversation) return;
    this.#timeline.stay();
    const found = await conversation.loadAround(seq);
    if (this.#disposed.signal.aborted || this.#chat.open !== conversation) return;
    this.draw();
    if (!found || !this.#timeline.reveal(seq)) this.#announce('That message is not to be seen here.');
  }

  /** What a message says that is being answered. */
  #answered(seq: number): { name: string; line: string } {
    const message = this.#chat.open?.quoted(seq);
    if (message === undefined || message === 'absent') return { name: 'a message', line: '' };
    return { name: message.sender.name, line: message.deleted ? 'Deleted message' : firstLine(message) };
  }

  /** Whether one may write. What lasts some seconds keeps nobody from beginning to. */
  #writesIn(conversation: Conversation): boolean {
    const barrier = this.#chat.barrier(conversation);
    return !conversation.request && (barrier === undefined || barrier.kind === 'slow');
  }

  #editLast(): void {
    const conversation = this.#chat.open;
    if (!conversation || !this.#writesIn(conversation)) return;
    const own = conversation.timeline.messages.findLast(({ sender, deleted }) => sender.id === this.#chat.account.id && !deleted);
    if (own) this.#composer.edit(own.seq, own.text, own.entities ?? []);
  }

  async #save(seq: number, said: Said): Promise<boolean> {
    const conversation = this.#chat.open;
    return conversation !== undefined && (await attempt(this.#refusal, () => this.#chat.edit(conversation, seq, said)));
  }

  /** A message that was deleted meanwhile, by another device or by who may, has no text to be changed. */
  #leaveWhatIsGone({ timeline, loading }: Conversation): void {
    const { editing } = this.#composer;
    if (editing === undefined || loading) return;
    const message = timeline.find(editing);
    if (!message?.deleted) return;
    this.#composer.stopEditing();
    this.#announce('The message was deleted.');
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
    if (peer !== undefined) await attempt(this.#refusal, () => this.#chat.unblock(peer));
  }

  #send(said: Said): void {
    const conversation = this.#chat.open;
    if (!conversation) return;
    this.#chat.send(conversation, said);
    // It stands at the end, wherever one was reading.
    if (conversation.apart) void conversation.load();
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

const headerButton = (testId: string, label: string, name: IconName): HTMLButtonElement =>
  element(
    'button',
    { type: 'button', class: 'icon-button', 'data-testid': testId, 'aria-label': label, title: label, 'aria-haspopup': 'dialog', hidden: true },
    icon(name),
  );

function showModal(dialog: HTMLDialogElement): void {
  document.body.append(dialog);
  dialog.showModal();
}

function departureText({ name, kind, change }: Departure): string {
  if (change === 'banned') return `You were banned from ${name}.`;
  if (change === 'removed') return `You were removed from ${name}.`;
  return `You are not in ${kind === 'room' ? 'this room' : name} any more.`;
}
