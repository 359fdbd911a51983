import { parseMarkup } from '../markup.ts';
import type { DayRow, MessageRow, NoticeRow, Row } from '../rows.ts';
import type { AccountCard, SenderCard } from '../wire.ts';
import { accountMark, avatar } from './avatar.ts';
import { copy } from './clipboard.ts';
import { dayText, exactText, timeText } from './dates.ts';
import { element, icon, setText } from './dom.ts';
import { markupNodes } from './markup.ts';

export interface MessageActions {
  /** Looks at who wrote something. */
  person(sender: AccountCard | SenderCard): void;
  delete(seq: number): void;
  retry(clientId: string): void;
  discard(clientId: string): void;
}

/** What is reached by way of its row only. */
export const ROW_BUTTONS = '.sender, .action, .spoiler[role]';

/** What a row shows; two rows with the same signature look the same. */
export function signature(row: Row): string {
  if (row.kind === 'day') return dayText(row.date);
  if (row.kind === 'notice') return row.text;
  return [row.state, row.heldUp, row.head, row.deleted, row.deletable, row.seq, row.detail, row.sentAt.getTime()].join('|');
}

export function drawRow(node: HTMLElement, row: Row, actions: MessageActions): void {
  if (row.kind === 'day') drawDay(node, row);
  else if (row.kind === 'notice') drawNotice(node, row);
  else drawMessage(node, row, actions);
}

function drawDay(node: HTMLElement, row: DayRow): void {
  node.className = 'day';
  node.replaceChildren(element('span', {}, dayText(row.date)));
}

function drawNotice(node: HTMLElement, row: NoticeRow): void {
  node.className = 'event';
  node.dataset['testid'] = 'event';
  node.title = exactText(row.sentAt);
  node.dir = 'auto';
  setText(node, row.text);
}

function drawMessage(node: HTMLElement, row: MessageRow, actions: MessageActions): void {
  node.className = ['message', row.head && 'head', row.own && 'own', row.deleted && 'deleted'].filter(Boolean).join(' ');
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
  const bubble = element('div', { class: 'bubble' }, text(row), time);
  const line = element('div', { class: 'line' }, bubble, deleteButton(row, actions));
  const sender = row.head && !row.own ? senderLine(row, actions) : undefined;
  const body = element('div', { class: 'body' }, sender, line, row.state === 'failed' ? failure(row, actions) : undefined);
  node.replaceChildren(...(row.own ? [] : [row.head ? avatar(row.sender) : element('span', { class: 'indent' })]), body);
}

function senderLine(row: MessageRow, actions: MessageActions): HTMLElement {
  const { sender } = row;
  const button = element('button', { type: 'button', class: 'sender', tabindex: '-1', 'aria-haspopup': 'dialog', dir: 'auto' }, sender.name);
  button.onclick = () => actions.person(sender);
  return element('div', { class: 'author' }, button, accountMark(sender));
}

function text(row: MessageRow): HTMLElement {
  return element('div', { class: 'text' }, ...(row.deleted ? ['Message deleted'] : markupNodes(parseMarkup(row.text))));
}

function deleteButton(row: MessageRow, actions: MessageActions): HTMLElement | undefined {
  const { seq } = row;
  if (!row.deletable || seq === undefined) return undefined;
  const button = element(
    'button',
    { type: 'button', class: 'icon-button action', tabindex: '-1', 'aria-label': 'Delete message', title: 'Delete message' },
    icon('trash'),
  );
  button.onclick = () => actions.delete(seq);
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
