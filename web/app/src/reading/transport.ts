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

/** A transport that is being read. */
export interface Opened {
  /** Ends it without a `closed`. */
  close(): void;
  /** Only where commands go up the same connection. */
  ask?: Ask;
}

export interface Sink {
  /** Records and the place after them. The first call proves that the transport works here. */
  deliver(records: EventRecord[], cursor: string): void;
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

/** What these accounts may see after a place. */
export const eventsPath = (accounts: readonly string[], after: string): string =>
  `/v1/events?accounts=${accounts.map(encodeURIComponent).join(',')}&after=${encodeURIComponent(after)}`;
