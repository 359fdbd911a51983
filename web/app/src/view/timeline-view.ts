import type { Conversation } from '../conversation.ts';
import type { Row } from '../rows.ts';
import { element, icon, setText } from './dom.ts';
import { drawRow, ROW_BUTTONS, signature, type MessageActions } from './message-row.ts';

// Closer to the end than this, new messages scroll into view.
const END_PX = 80;
// While following the end, what lies further back is dropped from memory and loaded again when wanted.
export const ROWS_BEFORE_TRIM = 400;
export const ROWS_AFTER_TRIM = 200;
const FOUND_MS = 2_000;
// Of what was read before, so much is seen above what is new.
const NEW_GAP_PX = 48;

export interface TimelineActions extends MessageActions {
  wantOlder(): void;
  wantNewer(): void;
  /** Back from the past to what is said now. */
  wantLatest(): void;
  /** Whoever reads has come to the end. */
  atEnd(): void;
}

interface Drawn {
  node: HTMLElement;
  signature: string;
}

/**
 * The scrolling list. It keeps its own place: the browser's scroll anchoring is switched off, since not every browser
 * has it and none keeps the row while the rows above are being exchanged.
 */
export class TimelineView {
  readonly element: HTMLElement;
  readonly #scroller: HTMLElement;
  readonly #list: HTMLElement;
  readonly #older: HTMLElement;
  readonly #newer = element('div', { class: 'newer', hidden: true });
  readonly #jump: HTMLButtonElement;
  readonly #jumpLabel = element('span');
  readonly #actions: TimelineActions;
  readonly #drawn = new Map<string, Drawn>();
  readonly #observer: ResizeObserver;
  #reached: Element | null = null;
  #following = true;
  /** What is shown does not reach to the end. */
  #apart = false;
  #newCount = 0;
  #anchor: { node: HTMLElement; top: number } | undefined;

  constructor(actions: TimelineActions) {
    this.#actions = actions;
    this.#older = element('div', { class: 'older' });
    this.#list = element('div', { class: 'rows' });
    this.#scroller = element(
      'section',
      { class: 'timeline', 'data-testid': 'timeline', 'aria-label': 'Messages', tabindex: '0' },
      this.#older,
      this.#list,
      this.#newer,
    );
    this.#jump = element(
      'button',
      { type: 'button', class: 'jump', 'data-testid': 'jump-latest', hidden: true },
      icon('down'),
      this.#jumpLabel,
    );
    this.#jump.onclick = () => {
      this.toEnd();
      if (this.#apart) this.#actions.wantLatest();
      // The button goes, and with it the focus.
      this.#scroller.focus({ preventScroll: true });
    };
    this.element = element('div', { class: 'timeline-frame' }, this.#scroller, this.#jump);
    this.#scroller.onkeydown = (event) => this.#keyDown(event);
    this.#scroller.addEventListener('focusin', ({ target }) => this.#reach(target));
    this.#scroller.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    // Rotating, a keyboard coming up or a growing composer must move neither the end nor the row under the eye.
    this.#observer = new ResizeObserver(() => this.#restore());
    this.#observer.observe(this.#scroller);
    this.#observer.observe(this.#list);
  }

  get following(): boolean {
    return this.#following;
  }

  /** A message of somebody else was added at the end. */
  countNew(): void {
    if (!this.#following) this.#newCount++;
  }

  toEnd(): void {
    this.#following = true;
    this.#newCount = 0;
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#drawJump();
    this.#actions.atEnd();
  }

  /** Gives a message the focus that was lost with a button of it, or with what that had opened. */
  takeFocus(seq: number, key?: string): void {
    if (document.activeElement !== document.body) return;
    const node = this.#nodeOf(seq);
    (node && key !== undefined ? (keyed(node, key) ?? node) : node)?.focus({ preventScroll: true });
  }

  /** A button of a message, while it is shown. */
  buttonOf(seq: number, key: string): HTMLElement | undefined {
    const node = this.#nodeOf(seq);
    return node && keyed(node, key);
  }

  /** Stays where it is, however many rows come at the end. */
  stay(): void {
    this.#following = false;
  }

  /** Shows a message in the middle, and gives it the focus. */
  reveal(seq: number): boolean {
    const node = this.#nodeOf(seq);
    if (!node) return false;
    this.#following = false;
    node.scrollIntoView({ block: 'center' });
    node.focus({ preventScroll: true });
    node.classList.add('found');
    setTimeout(() => node.classList.remove('found'), FOUND_MS);
    this.#rememberAnchor();
    this.#drawJump();
    return true;
  }

  /** Begins at the line above what is new, unless all of that is to be seen at the end. */
  showNew(): void {
    const line = this.#list.querySelector<HTMLElement>(':scope > .new-line');
    if (!line) return;
    const above = this.#scroller.getBoundingClientRect().top - line.getBoundingClientRect().top;
    if (above <= 0) return;
    this.#following = false;
    this.#scroller.scrollTop -= above + NEW_GAP_PX;
    this.#rememberAnchor();
    this.#drawJump();
  }

  dispose(): void {
    this.#observer.disconnect();
  }

  draw(rows: Row[], conversation: Conversation): void {
    this.#rememberAnchor();
    this.#apart = conversation.apart;
    this.#drawOlder(conversation, rows.length === 0);
    this.#drawNewer(conversation);
    this.#drawRows(rows);
    this.#restore();
    this.#drawJump();
    if (this.#nearTop() && conversation.older === 'idle') this.#actions.wantOlder();
    if (this.#apart && this.#nearEnd() && conversation.newer === 'idle') this.#actions.wantNewer();
  }

  /** The arrows go from message to message, and from the list itself to the newest one. */
  #keyDown(event: KeyboardEvent): void {
    if (this.#openMenu(event)) return;
    if ((event.key !== 'ArrowUp' && event.key !== 'ArrowDown') || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const rows = [...this.#list.querySelectorAll<HTMLElement>(':scope > .message')];
    const present = rows.findIndex((row) => row.contains(document.activeElement));
    const next = present < 0 ? rows.at(-1) : rows[present + (event.key === 'ArrowUp' ? -1 : 1)];
    if (!next) return;
    event.preventDefault();
    next.focus();
  }

  /** The message that has the focus shows its menu for Enter, the menu key, and what stands for that. */
  #openMenu(event: KeyboardEvent): boolean {
    const wanted = event.key === 'Enter' || event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey);
    const { target } = event;
    if (!wanted || !(target instanceof HTMLElement) || !target.matches('.message')) return false;
    const button = keyed(target, 'more');
    button?.click();
    if (button) event.preventDefault();
    return button !== undefined;
  }

  #nodeOf(seq: number): HTMLElement | undefined {
    return this.#list.querySelector<HTMLElement>(`:scope > [data-seq="${seq}"]`) ?? undefined;
  }

  /** The Tab key finds what can be done about a message in the one that has the focus, and passes by all others. */
  #reach(target: EventTarget | null): void {
    const row = target instanceof Element ? target.closest('.message') : null;
    if (row === this.#reached) return;
    for (const button of this.#reached?.querySelectorAll<HTMLElement>(ROW_BUTTONS) ?? []) button.tabIndex = -1;
    for (const button of row?.querySelectorAll<HTMLElement>(ROW_BUTTONS) ?? []) button.tabIndex = 0;
    this.#reached = row;
  }

  #drawRows(rows: Row[]): void {
    const keys = new Set(rows.map((row) => row.key));
    for (const [key, { node }] of this.#drawn) {
      if (keys.has(key)) continue;
      node.remove();
      this.#drawn.delete(key);
    }
    let place = this.#list.firstElementChild;
    for (const row of rows) {
      const drawn = this.#drawn.get(row.key) ?? this.#create(row);
      const look = signature(row);
      if (drawn.signature !== look) {
        drawn.signature = look;
        this.#redraw(drawn.node, row);
      }
      if (drawn.node === place) place = place.nextElementSibling;
      else this.#list.insertBefore(drawn.node, place);
    }
  }

  /** What had the focus in it keeps it: the same button, if it is there again, or the row as a whole. */
  #redraw(node: HTMLElement, row: Row): void {
    const focused = node.contains(document.activeElement) ? document.activeElement : null;
    const key = focused instanceof HTMLElement ? focused.dataset['key'] : undefined;
    drawRow(node, row, this.#actions);
    if (this.#reached === node) this.#reached = null;
    if (!focused) return;
    this.#reach(node);
    const again = key === undefined ? undefined : keyed(node, key);
    (again ?? node).focus({ preventScroll: true });
  }

  #create(row: Row): Drawn {
    const drawn = { node: element(row.kind === 'message' ? 'article' : 'div'), signature: '' };
    this.#drawn.set(row.key, drawn);
    return drawn;
  }

  #drawOlder(conversation: Conversation, empty: boolean): void {
    const { older } = conversation;
    const beginning = conversation.timeline.firstSeq <= 1;
    const look = beginning ? (empty ? 'empty' : 'beginning') : older;
    if (this.#older.dataset['state'] === look) return;
    this.#older.dataset['state'] = look;
    if (beginning) {
      this.#older.replaceChildren(element('p', {}, empty ? emptyText(conversation) : 'This is the beginning.'));
      return;
    }
    const label = { idle: 'Load older messages', loading: 'Loading…', failed: 'Could not load. Try again' }[older];
    const button = element('button', { type: 'button', class: 'small', 'data-testid': 'load-older' }, label);
    button.disabled = older === 'loading';
    button.onclick = () => this.#actions.wantOlder();
    this.#older.replaceChildren(button);
  }

  #drawNewer({ apart, newer }: Conversation): void {
    this.#newer.hidden = !apart;
    if (!apart || this.#newer.dataset['state'] === newer) return;
    this.#newer.dataset['state'] = newer;
    const label = { idle: 'Load newer messages', loading: 'Loading…', failed: 'Could not load. Try again' }[newer];
    const button = element('button', { type: 'button', class: 'small', 'data-testid': 'load-newer' }, label);
    button.disabled = newer === 'loading';
    button.onclick = () => this.#actions.wantNewer();
    this.#newer.replaceChildren(button);
  }

  #drawJump(): void {
    this.#jump.hidden = this.#following && !this.#apart;
    const count = this.#newCount === 0 ? '' : ` (${this.#newCount} new)`;
    setText(this.#jumpLabel, `Jump to latest${count}`);
  }

  #scrolled(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    const atEnd = !this.#apart && scrollHeight - scrollTop - clientHeight <= END_PX;
    if (atEnd !== this.#following) {
      this.#following = atEnd;
      if (atEnd) this.#newCount = 0;
      this.#drawJump();
      if (atEnd) this.#actions.atEnd();
    }
    this.#rememberAnchor();
    if (this.#nearTop() && this.#older.dataset['state'] === 'idle') this.#actions.wantOlder();
    if (this.#apart && this.#nearEnd() && this.#newer.dataset['state'] === 'idle') this.#actions.wantNewer();
  }

  /** One screen before the top is reached the next page is asked for. */
  #nearTop(): boolean {
    return this.#scroller.scrollTop < this.#scroller.clientHeight;
  }

  #nearEnd(): boolean {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight < clientHeight;
  }

  #rememberAnchor(): void {
    const top = this.#scroller.getBoundingClientRect().top;
    this.#anchor = undefined;
    for (const node of this.#list.querySelectorAll<HTMLElement>(':scope > .message')) {
      const box = node.getBoundingClientRect();
      if (box.bottom <= top) continue;
      this.#anchor = { node, top: box.top - top };
      return;
    }
  }

  #restore(): void {
    if (this.#following && !this.#apart) {
      this.#scroller.scrollTop = this.#scroller.scrollHeight;
    } else if (this.#anchor?.node.isConnected) {
      const top = this.#anchor.node.getBoundingClientRect().top - this.#scroller.getBoundingClientRect().top;
      this.#scroller.scrollTop += top - this.#anchor.top;
    }
  }
}

const keyed = (node: HTMLElement, key: string): HTMLElement | undefined =>
  [...node.querySelectorAll<HTMLElement>('[data-key]')].find(({ dataset }) => dataset['key'] === key);

function emptyText({ kind, notes, name }: Conversation): string {
  if (notes) return 'What you write here is for you alone.';
  if (kind === 'room') return 'Nobody has said anything yet. Share the address of this page to invite others.';
  if (kind === 'group') return 'Nobody has said anything yet.';
  return `You have not talked yet. ${name} learns of this chat by your first message. Unless they know you, it comes to them as a request, which they may accept.`;
}
