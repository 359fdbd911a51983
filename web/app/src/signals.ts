import type { Record as EventRecord, ShownStatus } from './wire.ts';

type Signal = Extract<EventRecord, { type: 'presence' | 'typing' | 'present' }>;

/** What somebody shows of their being there. */
export interface Presence {
  status: ShownStatus;
  /** Of one who is offline, if they let it be seen. */
  lastSeenAt: Date | undefined;
}

// A reconnect is mostly done by then, and nothing has changed meanwhile.
const STALE_MS = 3_000;

export const isSignal = (record: EventRecord): record is Signal =>
  record.type === 'presence' || record.type === 'typing' || record.type === 'present';

/** What is so now at what one account looks at: of each thing the latest that was told. */
export class Signals {
  readonly #changed: () => void;
  readonly #presences = new Map<string, Presence>();
  readonly #typing = new Map<string, Set<string>>();
  readonly #counts = new Map<string, number>();
  #conversations: ReadonlySet<string> = new Set();
  #accounts: ReadonlySet<string> = new Set();
  #stale: ReturnType<typeof setTimeout> | undefined;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Nothing before it was told. */
  presenceOf(account: string | undefined): Presence | undefined {
    return account === undefined ? undefined : this.#presences.get(account);
  }

  /** Who types, whoever began first at the beginning. */
  typing(conversation: string): string[] {
    return [...(this.#typing.get(conversation) ?? [])];
  }

  /** How many are in a room, once that was told. */
  present(room: string): number | undefined {
    return this.#counts.get(room);
  }

  /** From now on only this is looked at; what is known of anything else would become old. */
  look(conversations: readonly string[], accounts: readonly string[]): void {
    this.#conversations = new Set(conversations);
    this.#accounts = new Set(accounts);
    for (const account of this.#presences.keys()) if (!this.#accounts.has(account)) this.#presences.delete(account);
    for (const map of [this.#typing, this.#counts]) {
      for (const conversation of map.keys()) if (!this.#conversations.has(conversation)) map.delete(conversation);
    }
  }

  receive(signal: Signal): void {
    switch (signal.type) {
      case 'presence': {
        const { account, status, last_seen_at: lastSeen } = signal;
        // It may have been sent for what was looked at before.
        if (!this.#accounts.has(account)) return;
        this.#presences.set(account, { status, lastSeenAt: lastSeen === undefined ? undefined : new Date(lastSeen) });
        break;
      }
      case 'typing': {
        const { conversation, account, on } = signal;
        if (!this.#conversations.has(conversation)) return;
        const accounts = this.#typing.get(conversation) ?? new Set<string>();
        if (on) accounts.add(account);
        else accounts.delete(account);
        this.#typing.set(conversation, accounts);
        break;
      }
      case 'present':
        if (!this.#conversations.has(signal.conversation)) return;
        this.#counts.set(signal.conversation, signal.count);
        break;
    }
    this.#changed();
  }

  /** A message of somebody has come: they have typed it. */
  said(conversation: string, account: string): void {
    this.#typing.get(conversation)?.delete(account);
  }

  /** Another stream begins, and tells who types in it. */
  begun(): void {
    clearTimeout(this.#stale);
    this.#stale = undefined;
    this.#typing.clear();
  }

  /** Nothing more is told for now. */
  interrupted(): void {
    this.#stale ??= setTimeout(() => this.#forget(), STALE_MS);
  }

  #forget(): void {
    this.#presences.clear();
    this.#typing.clear();
    this.#counts.clear();
    this.#changed();
  }
}
