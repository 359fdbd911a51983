import type { FrameCommand, Record as EventRecord, Retry } from '../wire.ts';

export type TransportName = 'websocket' | 'sse' | 'stream' | 'longpoll' | 'poll';

/** Why a transport closed: an `ApiError` if there was a refusal; without a status the browser did not tell. */
export type Failure = {
  message: string;
  status?: number;
  code?: string;
  retryAfterMs?: number | undefined;
  /** Whether and when to come back, if the server said so as it closed. */
  retry?: Retry;
  /** It was never opened, or did not carry what it must. */
  refused?: boolean;
};

/** Has a command of an account done, and gives its result. Fails with an `ApiError`, of status 0 if there is no answer. */
export type Ask = <Result>(command: FrameCommand, as?: string) => Promise<Result>;

/** What an account looks at: who types in conversations, and how many are in those that are rooms; whether accounts are there. */
export interface View {
  as: string;
  conversations: string[];
  accounts: string[];
}

/** A transport that is being read. */
export interface Opened {
  /** Ends it without a `closed`. */
  close(): void;
  /** Looks at something, or at something else, from as soon as that is possible. At first it looks at nothing. */
  look(view: View): void;
  /** Only where commands go up the same connection. */
  ask?: Ask;
}

export interface Sink {
  /** Records, and the place after them if that is another one. The first call proves that the transport works here. */
  deliver(records: EventRecord[], cursor: string | undefined): void;
  /** Something arrived, if only a part of a record. */
  heard(): void;
  /** The transport has ended; it calls nothing afterwards. */
  closed(failure: Failure): void;
}

/** The place after records: that of the last which has one, for signals have none. */
export function placeAfter(records: readonly EventRecord[]): string | undefined {
  let place: string | undefined;
  for (const record of records) if ('cursor' in record) place = record.cursor;
  return place;
}

/** One way of reading `GET /v1/events`. The cursor means the same to all of them. */
export interface Transport {
  name: TransportName;
  /** Streams speak by themselves, so their silence means something. */
  streams: boolean;
  /** Starts reading. */
  open(accounts: readonly string[], after: string, sink: Sink): Opened;
}

const list = (ids: readonly string[]): string => ids.map(encodeURIComponent).join(',');

/** What these accounts may see after a place, and what is so at what one of them looks at. */
export function eventsPath(accounts: readonly string[], after: string, view?: View): string {
  const path = `/v1/events?accounts=${list(accounts)}&after=${encodeURIComponent(after)}`;
  if (view === undefined) return path;
  const { as, conversations, accounts: looked } = view;
  return `${path}&view_as=${encodeURIComponent(as)}&view_conversations=${list(conversations)}&view_accounts=${list(looked)}`;
}
