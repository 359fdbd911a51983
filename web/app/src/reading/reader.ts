import { acknowledge, getSessions } from '../api.ts';
import { backoffMs, soonMs } from '../backoff.ts';
import { Latest } from '../latest.ts';
import { ApiError } from '../request.ts';
import type { Record as EventRecord, Retry } from '../wire.ts';
import { Connection, type Loss } from './connection.ts';
import { Ladder } from './ladder.ts';
import { longpoll } from './longpoll.ts';
import { poll } from './poll.ts';
import { sse } from './sse.ts';
import { stream } from './stream.ts';
import type { Ask, Failure, Transport, TransportName, View } from './transport.ts';
import { websocket } from './websocket.ts';

const TRANSPORTS: Record<TransportName, Transport> = { websocket, sse, stream, longpoll, poll };

// A connection that lived shorter than this did not really work.
const PROVEN_MS = 10_000;
const FIRST_RISE_MS = 60_000;
const LATER_RISE_MS = 300_000;
// Others learn from it that messages have come; more often would tell them nothing sooner.
const ACKNOWLEDGE_MS = 2_000;
const TICK_MS = 5_000;
const SLEEP_MS = 20_000;

// Answers that say "not this way" at once, whatever stands between us and the server.
const WRONG_WAY = new Set([400, 403, 404, 405, 406, 426, 501]);

export type ReaderState =
  | { phase: 'connecting' | 'live' | 'offline' | 'stopped' }
  | { phase: 'waiting'; until: number };

export interface ReaderEvents {
  records(records: EventRecord[]): void;
  changed(): void;
  /** Records are coming in, for the first time or again. */
  live(): void;
  /** The server does not know this place any more, and told it with a refusal instead of a `gap` record. */
  lostPlace(): void;
  signedOut(): void;
}

/** Keeps the one stream of records of all the accounts alive, over whatever works, from one cursor. */
export class Reader {
  readonly #events: ReaderEvents;
  readonly #ladder: Ladder;
  readonly #transports: Record<TransportName, Transport>;
  readonly #listening = new AbortController();
  readonly #acknowledged: Latest<string>;
  #accounts: readonly string[];
  #cursor: string;
  #view: View | undefined;
  #state: ReaderState = { phase: 'connecting' };
  #attempt = 0;
  #everLive = false;
  #lastError = '';
  #active: Connection | undefined;
  #candidate: Connection | undefined;
  #reopen: ReturnType<typeof setTimeout> | undefined;
  #rise: ReturnType<typeof setTimeout> | undefined;

  constructor(
    accounts: readonly string[],
    cursor: string,
    forced: TransportName | undefined,
    events: ReaderEvents,
    transports: Record<TransportName, Transport> = TRANSPORTS,
  ) {
    this.#transports = transports;
    this.#accounts = accounts;
    this.#cursor = cursor;
    // To read on from a place says that everything before it is here.
    this.#acknowledged = new Latest({ everyMs: ACKNOWLEDGE_MS, tell: (place) => this.#acknowledge(place) }, cursor);
    this.#ladder = new Ladder(forced);
    this.#events = events;
    this.#listen();
    this.#open();
  }

  get state(): ReaderState {
    return this.#state;
  }

  get everLive(): boolean {
    return this.#everLive;
  }

  /** Has a command done over the connection that is read, while that is possible. */
  get ask(): Ask | undefined {
    return this.#state.phase === 'live' ? this.#active?.ask : undefined;
  }

  get report(): { transport: TransportName; reason: string; forced: boolean; cursor: string; lastError: string } {
    const { current, reason, forced } = this.#ladder;
    return { transport: current, reason, forced, cursor: this.#cursor, lastError: this.#lastError };
  }

  force(name: TransportName | undefined): void {
    this.#ladder.force(name);
    this.retryNow();
  }

  retryNow(): void {
    if (this.#state.phase === 'stopped') return;
    this.#attempt = 0;
    this.#open();
  }

  /** The place up to which everything has come. */
  get cursor(): string {
    return this.#cursor;
  }

  /** Reads for other accounts from now on: from here, or from a place before which these have everything. */
  readFor(accounts: readonly string[], cursor = this.#cursor): void {
    this.#accounts = accounts;
    this.moveTo(cursor);
  }

  /** Looks at something else from now on, over whatever is read. */
  look(view: View): void {
    this.#view = view;
    this.#active?.look(view);
    this.#candidate?.look(view);
  }

  /** Reads on from another place, after everything before it was taken from a snapshot. */
  moveTo(cursor: string): void {
    this.#cursor = cursor;
    this.retryNow();
  }

  stop(): void {
    this.#acknowledged.stop();
    this.#closeAll();
    this.#listening.abort();
    this.#become({ phase: 'stopped' });
  }

  #open(): void {
    this.#closeAll();
    this.#become({ phase: 'connecting' });
    const connection = new Connection(this.#transports[this.#ladder.current], this.#accounts, this.#cursor, {
      delivered: (records, cursor) => {
        if (this.#state.phase !== 'live') this.#becomeLive();
        this.#take(records, cursor);
      },
      lost: (loss) => {
        this.#active = undefined;
        void this.#lost(loss);
      },
    });
    this.#active = connection;
    if (this.#view) connection.look(this.#view);
  }

  #becomeLive(): void {
    this.#everLive = true;
    this.#become({ phase: 'live' });
    this.#planRise(FIRST_RISE_MS);
    this.#acknowledged.wake();
    this.#events.live();
  }

  #take(records: EventRecord[], cursor = this.#cursor): void {
    // First, for a record may have it opened anew.
    this.#cursor = cursor;
    this.#events.records(records);
    const end = records.find((record) => record.type === 'end');
    if (end) this.#ended(end);
    // A poll says it by where it goes on, and so does whoever comes back.
    else if (this.#transports[this.#ladder.current].streams) this.#acknowledged.put(this.#cursor);
    this.#events.changed();
  }

  #acknowledge(cursor: string): Promise<unknown> {
    const { ask } = this;
    return ask ? ask({ command: 'ack', cursor }) : acknowledge(this.#accounts, cursor);
  }

  #ended(end: Extract<EventRecord, { type: 'end' }>): void {
    this.#closeAll();
    this.#ladder.succeeded();
    this.#lastError = `The server ended the stream: ${end.reason}`;
    if (end.reason === 'signed_out' || end.reconnect_ms === null) {
      this.#signedOut();
      return;
    }
    this.#attempt = 0;
    this.#wait(Math.random() * end.reconnect_ms);
  }

  async #lost({ failure, workedMs, silent }: Loss): Promise<void> {
    this.#lastError = failure.message;
    const proven = workedMs !== undefined && workedMs >= PROVEN_MS;
    if (proven) this.#attempt = 0;
    if (failure.retry) {
      this.#obey(failure.retry, proven, failure.message);
      return;
    }
    if (workedMs !== undefined && !failure.status) {
      if (proven && !silent) this.#ladder.succeeded();
      else this.#ladder.failed(failure.message);
      this.#wait(backoffMs(this.#attempt++));
      return;
    }
    // A refusal, or nothing at all from the beginning. Was it this transport, the server, or we? A plain request tells.
    this.#become({ phase: 'connecting' });
    const cause = failure.status ? failure : await this.#probe();
    if (this.#active || this.#state.phase !== 'connecting') return;
    if (cause?.status === 401) {
      this.#signedOut();
    } else if (cause?.code === 'invalid_cursor') {
      this.#wait(backoffMs(this.#attempt++));
      this.#events.lostPlace();
    } else if (this.#transportFailed(cause, silent || failure.refused === true, failure.message)) {
      this.#open();
    } else if (!cause?.status && !navigator.onLine) {
      this.#become({ phase: 'offline' });
    } else {
      // While the server itself answers and there is another transport to turn to, nobody should wait for long.
      const attempt = cause === undefined && !this.#ladder.exhausted ? 0 : this.#attempt++;
      this.#wait((cause?.retryAfterMs ?? 0) + backoffMs(attempt));
    }
  }

  /** The server said why it closed. */
  #obey(retry: Retry, proven: boolean, why: string): void {
    switch (retry) {
      case 'new_token':
        this.#signedOut();
        return;
      case 'at_once':
        this.#wait(soonMs());
        return;
      case 'after_mending':
        // What does not understand us here may be something in between.
        this.#ladder.fall(why);
        break;
      default:
        if (!proven) this.#ladder.failed(why);
    }
    this.#wait(backoffMs(this.#attempt++));
  }

  /** Whether the failure moved us to another transport. */
  #transportFailed(cause: Failure | undefined, clearly: boolean, why: string): boolean {
    if (cause === undefined) return clearly ? this.#ladder.fall(why) : this.#ladder.failed(why);
    return WRONG_WAY.has(cause.status ?? 0) && this.#ladder.fall(why);
  }

  async #probe(): Promise<Failure | undefined> {
    try {
      const { sessions } = await getSessions();
      const known = sessions.some(({ account }) => this.#accounts.includes(account.id));
      return known ? undefined : { message: 'No account is signed in any more.', status: 401 };
    } catch (error) {
      return error instanceof ApiError ? error : { message: String(error) };
    }
  }

  #wait(milliseconds: number): void {
    this.#become({ phase: 'waiting', until: Date.now() + milliseconds });
    clearTimeout(this.#reopen);
    this.#reopen = setTimeout(() => this.#open(), milliseconds);
  }

  #planRise(milliseconds: number): void {
    clearTimeout(this.#rise);
    if (this.#ladder.better.length === 0) return;
    this.#rise = setTimeout(() => this.#tryBetter(this.#ladder.better), milliseconds);
  }

  /** Opens a better transport beside the working one, which is closed only when the new one has spoken. */
  #tryBetter([name, ...others]: TransportName[]): void {
    if (name === undefined || document.visibilityState === 'hidden') {
      this.#planRise(LATER_RISE_MS);
      return;
    }
    const candidate = new Connection(this.#transports[name], this.#accounts, this.#cursor, {
      delivered: (records, cursor) => {
        if (this.#candidate === candidate) {
          this.#active?.close();
          this.#active = candidate;
          this.#candidate = undefined;
          this.#ladder.rise(name);
          this.#planRise(FIRST_RISE_MS);
        }
        this.#take(records, cursor);
      },
      lost: (loss) => {
        if (this.#candidate === candidate) {
          this.#candidate = undefined;
          this.#tryBetter(others);
        } else {
          this.#active = undefined;
          void this.#lost(loss);
        }
      },
    });
    this.#candidate = candidate;
    if (this.#view) candidate.look(this.#view);
  }

  #listen(): void {
    const { signal } = this.#listening;
    const wake = (): void => {
      const { phase } = this.#state;
      if (phase !== 'waiting' && phase !== 'offline') return;
      this.#attempt = 0;
      this.#wait(soonMs());
    };
    addEventListener('online', wake, { signal });
    // Being offline is a hint that can be wrong: a failing attempt has to confirm it.
    addEventListener('offline', () => this.retryNow(), { signal });
    addEventListener('pagehide', () => this.#closeAll(), { signal });
    addEventListener('pageshow', (event) => event.persisted && this.retryNow(), { signal });
    document.addEventListener(
      'visibilitychange',
      () => {
        if (document.visibilityState === 'hidden') return;
        // A poll of a hidden page pauses for long; its next one is due now.
        if (this.#state.phase === 'live' && this.#ladder.current === 'poll') this.#open();
        else wake();
      },
      { signal },
    );
    let last = Date.now();
    const tick = setInterval(() => {
      // Timers stand still while a machine sleeps, and so does the notice that a connection died.
      if (Date.now() - last > SLEEP_MS && document.visibilityState === 'visible') this.retryNow();
      last = Date.now();
    }, TICK_MS);
    signal.addEventListener('abort', () => clearInterval(tick));
  }

  #signedOut(): void {
    this.stop();
    this.#events.signedOut();
  }

  #closeAll(): void {
    clearTimeout(this.#reopen);
    clearTimeout(this.#rise);
    this.#active?.close();
    this.#candidate?.close();
    this.#active = undefined;
    this.#candidate = undefined;
  }

  #become(state: ReaderState): void {
    this.#state = state;
    this.#events.changed();
  }
}
