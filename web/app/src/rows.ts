import type { Outgoing } from './outbox.ts';
import type { AccountCard, HistoryMessage, SenderCard } from './wire.ts';

const GROUP_MS = 5 * 60_000;

export interface DayRow {
  kind: 'day';
  key: string;
  date: Date;
}

export interface MessageRow {
  kind: 'message';
  /** The same before and after the server has the message, so that its place on the screen is the same, too. */
  key: string;
  sender: AccountCard | SenderCard;
  clientId: string;
  text: string;
  sentAt: Date;
  deleted: boolean;
  own: boolean;
  state: 'pending' | 'sent' | 'failed';
  seq: number | undefined;
  detail: string | undefined;
  /** Held up by a failed message before it. */
  heldUp: boolean;
  /** The first of a group of one author. */
  head: boolean;
}

export type Row = DayRow | MessageRow;

/** The rows of a timeline: messages in the server's order, then one's own that are on their way, then day lines. */
export function timelineRows(messages: readonly HistoryMessage[], outgoing: readonly Outgoing[], me: AccountCard | SenderCard): Row[] {
  const stored = new Set<string>();
  const all: MessageRow[] = messages.map((message) => {
    const own = message.sender.id === me.id;
    if (own) stored.add(message.client_id);
    return {
      kind: 'message',
      key: `${message.sender.id}/${message.client_id}`,
      sender: message.sender,
      clientId: message.client_id,
      text: message.text,
      sentAt: new Date(message.sent_at),
      deleted: message.deleted ?? false,
      own,
      state: 'sent',
      seq: message.seq,
      detail: undefined,
      heldUp: false,
      head: true,
    };
  });
  let failedBefore = false;
  for (const entry of outgoing) {
    if (stored.has(entry.clientId)) continue;
    all.push({
      kind: 'message',
      key: `${me.id}/${entry.clientId}`,
      sender: me,
      clientId: entry.clientId,
      text: entry.text,
      sentAt: new Date(entry.createdAt),
      deleted: false,
      own: true,
      state: entry.state,
      seq: entry.seq,
      detail: entry.detail,
      heldUp: failedBefore && entry.state === 'pending',
      head: true,
    });
    failedBefore ||= entry.state === 'failed';
  }
  return withDays(all);
}

function withDays(messages: MessageRow[]): Row[] {
  const rows: Row[] = [];
  let previous: MessageRow | undefined;
  for (const message of messages) {
    const sameDay = previous?.sentAt.toDateString() === message.sentAt.toDateString();
    if (!sameDay) rows.push({ kind: 'day', key: `day/${message.sentAt.toDateString()}/${message.key}`, date: message.sentAt });
    message.head =
      !sameDay ||
      previous?.sender.id !== message.sender.id ||
      message.sentAt.getTime() - previous.sentAt.getTime() > GROUP_MS;
    rows.push(message);
    previous = message;
  }
  return rows;
}
