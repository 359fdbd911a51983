import { parseMarkup } from '../markup.ts';
import type { Reaction } from '../reactions.ts';
import type { Tick } from '../receipts.ts';
import type { DayRow, MessageRow, NoticeRow, Quote, Row } from '../rows.ts';
import type { AccountCard, SenderCard } from '../wire.ts';
import { accountMark, avatar } from './avatar.ts';
import { copy } from './clipboard.ts';
import { dayText, exactText, timeText } from './dates.ts';
import { element, icon, setText, type IconName } from './dom.ts';
import { markupNodes } from './markup.ts';

export interface MessageActions {
  /** Whoever reads. */
  me: string;
  /** Looks at who wrote something. */
  person(sender: AccountCard | SenderCard): void;
  /** Shows what can be done about a message, beside the button that was pressed. */
  menu(row: MessageRow, anchor: HTMLElement): void;
  /** Shows what one can react with. */
  pick(row: MessageRow, anchor: HTMLElement): void;
  react(seq: number, emoji: string, on: boolean): void;
  /** Goes to the message that is answered. */
  goTo(seq: number): void;
  retry(clientId: string): void;
  discard(clientId: string): void;
}

/** What is reached by way of its row only. What has a key keeps the focus when its row is drawn anew. */
export const ROW_BUTTONS = '.sender, .action, .quote, .chip, .spoiler[role]';

/** What a row shows; two rows with the same signature look the same. */
export function signature(row: Row): string {
  if (row.kind === 'day') return dayText(row.date);
  if (row.kind === 'notice') return row.text;
  if (row.kind === 'new') return 'new';
  const { state, tick, heldUp, head, deleted, deletable, answerable, editable, pinnable, pinned, seq, detail, sentAt, editedAt } = row;
  const flags = [state, tick, heldUp, head, deleted, deletable, answerable, editable, pinnable, pinned, seq, detail, sentAt.getTime()].join('|');
  // Only an edit changes what one and the same message says, and whom it names.
  const said = editedAt ? [editedAt.getTime(), row.text, row.entities] : [];
  return `${flags} ${JSON.stringify([said, row.quote, row.reactions])}`;
}

export function drawRow(node: HTMLElement, row: Row, actions: MessageActions): void {
  if (row.kind === 'day') drawDay(node, row);
  else if (row.kind === 'new') drawNew(node);
  else if (row.kind === 'notice') drawNotice(node, row);
  else drawMessage(node, row, actions);
}

function drawDay(node: HTMLElement, row: DayRow): void {
  node.className = 'day';
  node.replaceChildren(element('span', {}, dayText(row.date)));
}

function drawNew(node: HTMLElement): void {
  node.className = 'new-line';
  node.dataset['testid'] = 'new-line';
  node.setAttribute('role', 'separator');
  node.setAttribute('aria-label', 'New messages');
  node.replaceChildren(element('span', {}, 'New'));
}

function drawNotice(node: HTMLElement, row: NoticeRow): void {
  node.className = 'event';
  node.dataset['testid'] = 'event';
  node.title = exactText(row.sentAt);
  node.dir = 'auto';
  setText(node, row.text);
}

function drawMessage(node: HTMLElement, row: MessageRow, actions: MessageActions): void {
  const found = node.classList.contains('found');
  node.className = ['message', row.head && 'head', row.own && 'own', row.deleted && 'deleted', row.callsMe && 'calls-me', found && 'found'].filter(Boolean).join(' ');
  node.dataset['testid'] = 'message';
  node.dataset['state'] = row.state;
  node.dataset['clientId'] = row.clientId;
  if (row.seq === undefined) delete node.dataset['seq'];
  else node.dataset['seq'] = String(row.seq);
  node.setAttribute('aria-label', `${row.own ? 'You' : row.sender.name}, ${timeText(row.sentAt)}`);
  // Focusable, so that a tap and the arrow keys show the actions that a pointer finds by hovering.
  node.tabIndex = -1;

  const time = element(
    'time',
    { datetime: row.sentAt.toISOString(), title: exactText(row.sentAt) },
    row.state !== 'pending' ? timeText(row.sentAt) : row.heldUp ? 'Waiting…' : 'Sending…',
  );
  const bubble = element(
    'div',
    { class: 'bubble' },
    row.forwarded ? element('span', { class: 'origin' }, icon('forward'), 'Forwarded') : undefined,
    row.quote ? quoteButton(row.quote, actions) : undefined,
    text(row, actions),
    element('span', { class: 'meta' }, row.pinned ? mark('pin', 'Pinned') : undefined, row.editedAt ? edited(row.editedAt) : undefined, time, row.tick ? tickMark(row.tick) : undefined),
  );
  const line = element('div', { class: 'line' }, bubble, ...actionButtons(row, actions));
  const sender = row.head && !row.own ? senderLine(row, actions) : undefined;
  const body = element(
    'div',
    { class: 'body' },
    sender,
    line,
    row.reactions.length > 0 ? chips(row, actions) : undefined,
    row.state === 'failed' ? failure(row, actions) : undefined,
  );
  node.replaceChildren(...(row.own ? [] : [row.head ? avatar(row.sender) : element('span', { class: 'indent' })]), body);
}

function senderLine(row: MessageRow, actions: MessageActions): HTMLElement {
  const { sender } = row;
  const button = element('button', { type: 'button', class: 'sender', 'data-key': 'sender', tabindex: '-1', 'aria-haspopup': 'dialog', dir: 'auto' }, sender.name);
  button.onclick = () => actions.person(sender);
  return element('div', { class: 'author' }, button, accountMark(sender));
}

function text(row: MessageRow, { me }: MessageActions): HTMLElement {
  return element('div', { class: 'text' }, ...(row.deleted ? ['Message deleted'] : markupNodes(parseMarkup(row.text, row.entities), me)));
}

const mark = (name: IconName, label: string): HTMLElement => element('span', { class: 'mark', role: 'img', 'aria-label': label, title: label }, icon(name));

const TICKS = { sent: 'Sent', delivered: 'Delivered', read: 'Read' };

function tickMark(tick: Tick): HTMLElement {
  const node = mark(tick === 'sent' ? 'check' : 'checks', TICKS[tick]);
  node.classList.add('tick', tick);
  node.dataset['testid'] = 'tick';
  return node;
}

const edited = (at: Date): HTMLElement => element('span', { class: 'edited', title: exactText(at) }, 'edited');

function quoteButton(quote: Quote, actions: MessageActions): HTMLElement {
  const button = element(
    'button',
    { type: 'button', class: 'quote', 'data-key': 'quote', 'data-testid': 'quote', tabindex: '-1' },
    element('span', { class: 'visually-hidden' }, 'In answer to '),
    quote.name === '' ? undefined : element('strong', { dir: 'auto' }, quote.name),
    element('span', { class: 'said', dir: 'auto' }, quoteText(quote)),
  );
  button.onclick = () => actions.goTo(quote.seq);
  return button;
}

function quoteText({ state, line }: Quote): string {
  if (state === 'known') return line;
  if (state === 'deleted') return 'Deleted message';
  return state === 'absent' ? 'A message that you cannot see' : '…';
}

function actionButtons(row: MessageRow, actions: MessageActions): HTMLElement[] {
  if (row.deleted || row.seq === undefined) return [];
  const button = (key: string, label: string, name: IconName, press: (anchor: HTMLElement) => void): HTMLElement => {
    const node = element(
      'button',
      { type: 'button', class: `icon-button action ${key}`, 'data-key': key, tabindex: '-1', 'aria-label': label, title: label, 'aria-haspopup': 'menu', 'aria-expanded': 'false' },
      icon(name),
    );
    node.onclick = () => press(node);
    return node;
  };
  return [
    ...(row.answerable ? [button('react', 'React', 'smile', (anchor) => actions.pick(row, anchor))] : []),
    button('more', 'Message menu', 'more', (anchor) => actions.menu(row, anchor)),
  ];
}

function chips(row: MessageRow, actions: MessageActions): HTMLElement {
  return element('div', { class: 'reactions', role: 'group', 'aria-label': 'Reactions' }, ...row.reactions.map((reaction) => chip(row, reaction, actions)));
}

function chip({ seq, answerable }: MessageRow, { emoji, count, mine }: Reaction, actions: MessageActions): HTMLElement {
  const button = element(
    'button',
    {
      type: 'button',
      class: 'chip',
      'data-key': `chip/${emoji}`,
      tabindex: '-1',
      'aria-pressed': String(mine),
      'aria-label': `${emoji} ${count}${mine ? ', yours' : ''}`,
      // Whoever may not write may take back what they have said.
      disabled: !answerable && !mine,
    },
    element('span', { class: 'emoji' }, emoji),
    element('span', { class: 'count' }, String(count)),
  );
  button.onclick = () => seq !== undefined && actions.react(seq, emoji, !mine);
  return button;
}

function failure(row: MessageRow, actions: MessageActions): HTMLElement {
  const button = (label: string, action: () => void): HTMLElement => {
    const node = element('button', { type: 'button', class: 'small' }, label);
    node.onclick = action;
    return node;
  };
  return element(
    'div',
    { class: 'failure', role: 'group', 'aria-label': 'Message not sent' },
    element('p', {}, element('strong', {}, 'Not sent. '), row.detail ?? ''),
    button('Retry', () => actions.retry(row.clientId)),
    button('Copy', () => void copy(row.text)),
    button('Discard', () => actions.discard(row.clientId)),
  );
}
