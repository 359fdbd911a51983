import { noticesOf } from './notices.ts';
import type { Outgoing } from './outbox.ts';
import type { Change } from './timeline.ts';
import type { AccountCard, HistoryMessage, SenderCard, SettingsCard } from './wire.ts';

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
  /** Whether one may delete it. */
  deletable: boolean;
}

export interface NoticeRow {
  kind: 'notice';
  key: string;
  text: string;
  sentAt: Date;
}

export type Row = DayRow | MessageRow | NoticeRow;

export interface RowsOptions {
  changes?: readonly Change[];
  /** Whether one may delete what others wrote. */
  deletesAny?: boolean;
}

/**
 * The rows of a timeline: messages in the server's order with what happened between them, then one's own that are on
 * their way, and day lines.
 */
export function timelineRows(
  messages: readonly HistoryMessage[],
  outgoing: readonly Outgoing[],
  me: AccountCard | SenderCard,
  { changes = [], deletesAny = false }: RowsOptions = {},
): Row[] {
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
      deletable: (own || deletesAny) && !message.deleted,
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
      deletable: entry.seq !== undefined,
    });
    failedBefore ||= entry.state === 'failed';
  }
  return withDays(withNotices(all, changes, me.id));
}

function withNotices(messages: MessageRow[], changes: readonly Change[], me: string): (MessageRow | NoticeRow)[] {
  const rows: (MessageRow | NoticeRow)[] = [];
  const told = withSettingsBefore(changes);
  let next = 0;
  const noticesBefore = (seq: number): void => {
    const first = next;
    for (let change = told[next]; change && change.seq < seq; change = told[++next]);
    if (next === first) return;
    for (const notice of noticesOf(told.slice(first, next), me)) rows.push({ kind: 'notice', ...notice });
  };
  for (const message of messages) {
    noticesBefore(message.seq ?? Number.POSITIVE_INFINITY);
    rows.push(message);
  }
  noticesBefore(Number.POSITIVE_INFINITY);
  return rows;
}

/** What the settings were before a change is what they were after the one before it. */
function withSettingsBefore(changes: readonly Change[]): Change[] {
  let settings: SettingsCard | undefined;
  return changes.map((change) => {
    if (change.type !== 'conversation_changed') return change;
    const before = change.before ?? settings;
    settings = change;
    return before ? { ...change, before } : change;
  });
}

function withDays(timed: (MessageRow | NoticeRow)[]): Row[] {
  const rows: Row[] = [];
  let previous: MessageRow | NoticeRow | undefined;
  for (const row of timed) {
    const sameDay = previous?.sentAt.toDateString() === row.sentAt.toDateString();
    if (!sameDay) rows.push({ kind: 'day', key: `day/${row.sentAt.toDateString()}/${row.key}`, date: row.sentAt });
    if (row.kind === 'message') {
      row.head =
        !sameDay ||
        previous?.kind !== 'message' ||
        previous.sender.id !== row.sender.id ||
        row.sentAt.getTime() - previous.sentAt.getTime() > GROUP_MS;
    }
    rows.push(row);
    previous = row;
  }
  return rows;
}
