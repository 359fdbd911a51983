import type { Record as EventRecord } from '../wire.ts';

export type TransportName = 'sse' | 'stream' | 'longpoll' | 'poll';

/** Why a transport closed: an `ApiError` if there was a refusal; without a status the browser did not tell. */
export type Failure = { message: string; status?: number; code?: string; retryAfterMs?: number | undefined };

export interface Sink {
  /** Records and the place after them. The first call proves that the transport works here. */
  deliver(records: EventRecord[], cursor: string): void;
  /** Something arrived, if only a part of a record. */
  heard(): void;
  /** The transport has ended; it calls nothing afterwards. */
  closed(failure: Failure): void;
}

/** One way of reading `GET /v1/events`. The cursor means the same to all of them. */
export interface Transport {
  name: TransportName;
  /** Streams speak by themselves, so their silence means something. */
  streams: boolean;
  /** Starts reading; the returned function ends it without a `closed`. */
  open(after: string, sink: Sink): () => void;
}

export const eventsPath = (after: string): string => `/v1/events?after=${encodeURIComponent(after)}`;
