import { firstLine } from './first-line.ts';
import { calls } from './mentions.ts';
import { noticesOf } from './notices.ts';
import type { Outgoing } from './outbox.ts';
import type { Quoted } from './quotes.ts';
import type { Reaction } from './reactions.ts';
import type { Tick } from './receipts.ts';
import type { Change } from './timeline.ts';
import type { AccountCard, Entity, HistoryMessage, SenderCard, SettingsCard } from './wire.ts';

const GROUP_MS = 5 * 60_000;

export interface DayRow {
  kind: 'day';
  key: string;
  date: Date;
}

/** The message that another one answers, as far as it is known. */
export interface Quote {
  seq: number;
  state: 'unknown' | 'absent' | 'deleted' | 'known';
  /** Of one that is known. */
  name: string;
  line: string;
}

/** Above the first message that was new when the conversation was opened. */
export interface NewRow {
  kind: 'new';
  key: string;
}

export interface MessageRow {
  kind: 'message';
  /** The same before and after the server has the message, so that its place on the screen is the same, too. */
  key: string;
  sender: AccountCard | SenderCard;
  clientId: string;
  text: string;
  entities: readonly Entity[];
  sentAt: Date;
  /** When it was given its text, if that is not the first. */
  editedAt: Date | undefined;
  deleted: boolean;
  forwarded: boolean;
  pinned: boolean;
  quote: Quote | undefined;
  reactions: readonly Reaction[];
  /** Whether it names whoever reads it. */
  callsMe: boolean;
  own: boolean;
  state: 'pending' | 'sent' | 'failed';
  /** How far one's own has come, where that is told. */
  tick: Tick | undefined;
  seq: number | undefined;
  detail: string | undefined;
  /** Held up by a failed message before it. */
  heldUp: boolean;
  /** The first of a group of one author. */
  head: boolean;
  /** Whether one may delete it. */
  deletable: boolean;
  /** Whether one may answer it, and react to it. */
  answerable: boolean;
  /** Whether one may give it another text. */
  editable: boolean;
  /** Whether one may pin it. */
  pinnable: boolean;
}

export interface NoticeRow {
  kind: 'notice';
  key: string;
  text: string;
  sentAt: Date;
}

export type Row = DayRow | NewRow | MessageRow | NoticeRow;

export interface RowsOptions {
  changes?: readonly Change[];
  /** Whether one may delete what others wrote. */
  deletesAny?: boolean;
  /** Whether one may write. */
  writes?: boolean;
  /** Whether one may pin. */
  pins?: boolean;
  /** The row after which all is new, if anything is. */
  newAfter?: number | undefined;
  /** How far a message of one's own has come, where that is told. */
  tickOf?(seq: number): Tick | undefined;
  /** A message that another one answers. */
  quoted?(seq: number): Quoted | undefined;
  /** The reactions to a message. */
  reactionsTo?(message: HistoryMessage): Reaction[];
}

/**
 * The rows of a timeline: messages in the server's order with what happened between them, then one's own that are on
 * their way, and day lines.
 */
export function timelineRows(
  messages: readonly HistoryMessage[],
  outgoing: readonly Outgoing[],
  me: AccountCard | SenderCard,
  { changes = [], deletesAny = false, writes = false, pins = false, newAfter, tickOf = () => undefined, quoted = () => undefined, reactionsTo = () => [] }: RowsOptions = {},
): Row[] {
  const quote = (seq: number | undefined): Quote | undefined => (seq === undefined ? undefined : quoteOf(seq, quoted(seq)));
  const stored = new Set<string>();
  const all: MessageRow[] = messages.map((message) => {
    const own = message.sender.id === me.id;
    if (own) stored.add(message.client_id);
    const deleted = message.deleted ?? false;
    const entities = message.entities ?? [];
    return {
      kind: 'message',
      key: `${message.sender.id}/${message.client_id}`,
      sender: message.sender,
      clientId: message.client_id,
      text: message.text,
      entities,
      sentAt: new Date(message.sent_at),
      editedAt: message.edited_at === undefined ? undefined : new Date(message.edited_at),
      deleted,
      forwarded: message.forwarded ?? false,
      pinned: message.pinned ?? false,
      quote: deleted ? undefined : quote(message.reply_to),
      reactions: reactionsTo(message),
      callsMe: calls(entities, me.id),
      own,
      state: 'sent',
      tick: own && !deleted ? tickOf(message.seq) : undefined,
      seq: message.seq,
      detail: undefined,
      heldUp: false,
      head: true,
      deletable: (own || deletesAny) && !deleted,
      answerable: writes && !deleted,
      editable: own && writes && !deleted,
      pinnable: pins && !deleted,
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
      entities: entry.entities ?? [],
      sentAt: new Date(entry.createdAt),
      editedAt: undefined,
      deleted: false,
      forwarded: false,
      pinned: false,
      quote: quote(entry.replyTo),
      reactions: [],
      callsMe: false,
      own: true,
      state: entry.state,
      tick: entry.seq === undefined ? undefined : tickOf(entry.seq),
      seq: entry.seq,
      detail: entry.detail,
      heldUp: failedBefore && entry.state === 'pending',
      head: true,
      deletable: entry.seq !== undefined,
      // What the stream has not shown yet is not in the timeline to be changed.
      answerable: false,
      editable: false,
      pinnable: false,
    });
    failedBefore ||= entry.state === 'failed';
  }
  return withLines(withNotices(all, changes, me.id), firstNew(all, newAfter));
}

function quoteOf(seq: number, message: Quoted | undefined): Quote {
  if (message === undefined) return { seq, state: 'unknown', name: '', line: '' };
  if (message === 'absent') return { seq, state: 'absent', name: '', line: '' };
  const { sender, deleted } = message;
  return { seq, state: deleted ? 'deleted' : 'known', name: sender.name, line: deleted ? '' : firstLine(message) };
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

/** The first message that is new, and not one's own. */
function firstNew(messages: readonly MessageRow[], newAfter: number | undefined): MessageRow | undefined {
  return newAfter === undefined ? undefined : messages.find(({ seq, own }) => seq !== undefined && seq > newAfter && !own);
}

function withLines(timed: (MessageRow | NoticeRow)[], firstOfNew: MessageRow | undefined): Row[] {
  const rows: Row[] = [];
  let previous: MessageRow | NoticeRow | undefined;
  for (const row of timed) {
    const sameDay = previous?.sentAt.toDateString() === row.sentAt.toDateString();
    if (!sameDay) rows.push({ kind: 'day', key: `day/${row.sentAt.toDateString()}/${row.key}`, date: row.sentAt });
    if (row === firstOfNew) rows.push({ kind: 'new', key: 'new' });
    if (row.kind === 'message') {
      row.head =
        !sameDay ||
        row === firstOfNew ||
        previous?.kind !== 'message' ||
        previous.sender.id !== row.sender.id ||
        row.sentAt.getTime() - previous.sentAt.getTime() > GROUP_MS;
    }
    rows.push(row);
    previous = row;
  }
  return rows;
}
