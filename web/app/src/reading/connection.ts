import type { Record as EventRecord } from '../wire.ts';
import type { Ask, Failure, Opened, Transport, View } from './transport.ts';

const HELLO_MS = 3_000;
const HEARTBEAT_MS = 25_000;
const HEARTBEAT_GRACE_MS = 10_000;

export type Loss = {
  failure: Failure;
  /** How long it worked; undefined if it never did. */
  workedMs: number | undefined;
  /** No first record in time, or silence beyond the heartbeat: the path swallows what the server sends. */
  silent: boolean;
};

export interface ConnectionEvents {
  delivered(records: EventRecord[], cursor: string | undefined): void;
  lost(loss: Loss): void;
}

/** One opened transport with its two watches: for the first record, and for the heartbeat. */
export class Connection {
  readonly #opened: Opened;
  readonly #events: ConnectionEvents;
  #watch: ReturnType<typeof setTimeout> | undefined;
  #watchMs: number | undefined;
  #worksSince: number | undefined;
  #ended = false;

  constructor(transport: Transport, accounts: readonly string[], after: string, events: ConnectionEvents) {
    this.#events = events;
    // A poll ends by itself in time; only a stream may hang without a word.
    this.#watchMs = transport.streams ? HELLO_MS : undefined;
    this.#rearm();
    this.#opened = transport.open(accounts, after, {
      deliver: (records, cursor) => {
        if (this.#ended) return;
        if (this.#worksSince === undefined) this.#proven(records[0]);
        this.#events.delivered(records, cursor);
      },
      heard: () => {
        if (this.#worksSince !== undefined) this.#rearm();
      },
      closed: (failure) => this.#lose(failure, false),
    });
  }

  /** Has a command done over this connection, if it takes commands and is known to work. */
  get ask(): Ask | undefined {
    if (this.#ended || this.#worksSince === undefined) return undefined;
    return this.#opened.ask && ((command, as) => this.#opened.ask!(command, as));
  }

  look(view: View): void {
    if (!this.#ended) this.#opened.look(view);
  }

  close(): void {
    this.#ended = true;
    clearTimeout(this.#watch);
    this.#opened.close();
  }

  #proven(first: EventRecord | undefined): void {
    this.#worksSince = Date.now();
    if (this.#watchMs === undefined) return;
    this.#watchMs = (first?.type === 'hello' ? first.heartbeat_ms : HEARTBEAT_MS) + HEARTBEAT_GRACE_MS;
    this.#rearm();
  }

  #rearm(): void {
    if (this.#watchMs === undefined || this.#ended) return;
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => {
      const message = this.#worksSince === undefined ? 'no first record in time' : 'no heartbeat';
      this.#lose({ message }, true);
    }, this.#watchMs);
  }

  #lose(failure: Failure, silent: boolean): void {
    if (this.#ended) return;
    this.close();
    const workedMs = this.#worksSince === undefined ? undefined : Date.now() - this.#worksSince;
    this.#events.lost({ failure, workedMs, silent });
  }
}
