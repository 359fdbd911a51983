import { backoffMs } from './backoff.ts';
import { ApiError } from './request.ts';
import type { KeyValueStore } from './storage.ts';
import type { Entity, SendAnswer, SendBody } from './wire.ts';

/** What a message says. */
export interface Said {
  readonly text: string;
  /** The message that it answers. */
  readonly replyTo?: number;
  /** Whom it names. */
  readonly entities?: readonly Entity[];
}

/** A message of this page that the stream has not shown yet. `sent`: the server has it. */
export interface Outgoing extends Said {
  readonly clientId: string;
  readonly conversation: string;
  readonly createdAt: string;
  state: 'pending' | 'sent' | 'failed';
  seq?: number;
  /** Why it failed for good. */
  detail?: string;
}

export interface OutboxOptions {
  store: KeyValueStore;
  /** All keys of this account's queue begin with it. */
  prefix: string;
  send(conversation: string, message: SendBody): Promise<SendAnswer>;
  changed(): void;
  signedOut(): void;
  delayMs?(attempt: number): number;
}

/**
 * The messages on their way: kept until the server has them, over reloads too; in order and one at a time in each
 * conversation. A failed one holds up those behind it until it is retried or discarded, so that none overtakes it.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #delayMs: (attempt: number) => number;
  readonly #entries: Outgoing[] = [];
  readonly #busy = new Set<string>();
  readonly #waiting = new Map<string, ReturnType<typeof setTimeout>>();
  #stopped = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#delayMs = options.delayMs ?? backoffMs;
    // Client ids rise in the order of writing, and so do the keys that end in them.
    for (const key of options.store.keys(options.prefix).sort()) {
      const entry = parse(options.store.get(key));
      if (entry) this.#entries.push(entry);
      else options.store.remove(key);
    }
  }

  get length(): number {
    return this.#entries.filter((entry) => entry.state !== 'sent').length;
  }

  in(conversation: string): Outgoing[] {
    return this.#entries.filter((entry) => entry.conversation === conversation);
  }

  add(conversation: string, clientId: string, said: Said): void {
    const entry: Outgoing = { ...said, clientId, conversation, createdAt: new Date().toISOString(), state: 'pending' };
    this.#entries.push(entry);
    this.#save(entry);
    this.#advance(conversation);
  }

  retry(clientId: string): void {
    const entry = this.#find(clientId);
    if (entry?.state !== 'failed') return;
    entry.state = 'pending';
    delete entry.detail;
    this.#save(entry);
    this.#advance(entry.conversation);
  }

  /** The message is in the timeline, was discarded, or was dealt with by another tab. */
  drop(clientId: string): void {
    const entry = this.#find(clientId);
    if (!entry) return;
    this.#entries.splice(this.#entries.indexOf(entry), 1);
    this.#options.store.remove(this.#options.prefix + clientId);
    clearTimeout(this.#waiting.get(entry.conversation));
    this.#waiting.delete(entry.conversation);
    this.#advance(entry.conversation);
  }

  /** The server can be reached (again): nothing has to wait any longer. */
  wake(): void {
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
    for (const conversation of new Set(this.#entries.map((entry) => entry.conversation))) this.#advance(conversation);
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#waiting.values()) clearTimeout(timer);
  }

  #find(clientId: string): Outgoing | undefined {
    return this.#entries.find((entry) => entry.clientId === clientId);
  }

  #save(entry: Outgoing): void {
    this.#options.store.set(this.#options.prefix + entry.clientId, JSON.stringify(entry));
  }

  #advance(conversation: string): void {
    this.#options.changed();
    const head = this.#entries.find((entry) => entry.conversation === conversation && entry.state !== 'sent');
    if (this.#stopped || this.#busy.has(conversation) || this.#waiting.has(conversation)) return;
    if (head?.state === 'pending') void this.#deliver(head, 0);
  }

  async #deliver(entry: Outgoing, attempt: number): Promise<void> {
    const { conversation, clientId } = entry;
    this.#busy.add(conversation);
    try {
      const stored = await this.#options.send(conversation, sendBody(clientId, entry));
      entry.state = 'sent';
      entry.seq = stored.seq;
      this.#options.store.remove(this.#options.prefix + clientId);
    } catch (error) {
      this.#failed(entry, attempt, error);
    } finally {
      this.#busy.delete(conversation);
    }
    this.#advance(conversation);
  }

  #failed(entry: Outgoing, attempt: number, error: unknown): void {
    if (!(error instanceof ApiError)) throw error;
    if (this.#stopped) return;
    if (error.status === 401) {
      this.stop();
      this.#options.signedOut();
    } else if (!error.retryable) {
      entry.state = 'failed';
      entry.detail = error.message;
      this.#save(entry);
    } else if (this.#find(entry.clientId)) {
      const delay = (error.retryAfterMs ?? 0) + this.#delayMs(attempt);
      const timer = setTimeout(() => {
        this.#waiting.delete(entry.conversation);
        void this.#deliver(entry, attempt + 1);
      }, delay);
      this.#waiting.set(entry.conversation, timer);
    }
  }
}

/** The same each time, or the server would take it for another message. */
export function sendBody(clientId: string, { text, replyTo, entities }: Said): SendBody {
  const body: SendBody = { client_id: clientId, text };
  if (replyTo !== undefined) body.reply_to = replyTo;
  if (entities && entities.length > 0) body.entities = [...entities];
  return body;
}

function parse(json: string | undefined): Outgoing | undefined {
  try {
    const value = JSON.parse(json ?? '') as Outgoing;
    return typeof value.clientId === 'string' && typeof value.text === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
