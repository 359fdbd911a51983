import { Api, getSessions } from './api.ts';
import { Chat, type Beside } from './chat.ts';
import { Reader } from './reading/reader.ts';
import type { TransportName } from './reading/transport.ts';
import { ApiError, retrying } from './request.ts';
import { isSignal } from './signals.ts';
import { local, session, storageKey } from './storage.ts';
import type { MessageRecord, Record as EventRecord, SyncPage } from './wire.ts';

/** An account that is signed out. */
export interface SignedOut {
  name: string;
  byOneself: boolean;
  /** It was the one that is shown. Another one is now, if there is one. */
  shown: boolean;
}

// A glance at another tab changes nothing of what is looked at.
const GLANCE_MS = 5_000;

export interface AccountsEvents {
  changed(): void;
  /** As for the account that is shown. */
  arrived(message: MessageRecord): void;
  draftTaken(conversation: string): void;
  noticed(sentence: string): void;
  /** Another account is to be shown. */
  selected(): void;
  /** The ways to be signed in as one more are to be shown. */
  adding(): void;
  signedOut(account: SignedOut): void;
}

/** What is taken from the server before there is a stream: of each account, oldest first. */
export async function snapshots(wanted: () => boolean): Promise<SyncPage[]> {
  const { sessions } = await retrying(getSessions, wanted);
  const taken: SyncPage[] = [];
  for (const { account } of sessions) {
    try {
      taken.push(await retrying(new Api(account.id).sync, wanted));
    } catch (error) {
      // One that was signed out in the meantime takes none of the others with it.
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
    }
  }
  return taken;
}

/** The names of those that the browser was signed in as before, and is no more. Each is told once. */
export function expired(taken: readonly SyncPage[]): string[] {
  const ids = new Set(taken.map(({ account }) => account.id));
  const keys = local.keys(storageKey.name('')).filter((key) => !ids.has(accountNamedBy(key)));
  const names = keys.map((key) => local.get(key) ?? '');
  for (const key of keys) local.remove(key);
  return names;
}

/** Whose record it is, if it is for one account alone. Some say with the same word whom they are about, and are for all who look. */
function ownerOf(record: EventRecord): string | undefined {
  // Others are told of it.
  if (record.type === 'receipt') return undefined;
  return 'account' in record ? record.account : undefined;
}

const accountNamedBy = (key: string): string => key.slice(storageKey.name('').length);

/** The accounts that the browser is signed in as, one of which is shown, and the stream that feeds them all. */
export class Accounts {
  readonly reader: Reader;
  readonly #events: AccountsEvents;
  readonly #chats = new Map<string, Chat>();
  readonly #listening = new AbortController();
  #current: string;
  #turn: Promise<void> = Promise.resolve();
  #hiddenAt = 0;
  #looked = '';

  /** From at least one snapshot, the oldest first. */
  constructor(taken: readonly [SyncPage, ...SyncPage[]], transport: TransportName | undefined, events: AccountsEvents) {
    this.#events = events;
    for (const snapshot of taken) this.#put(snapshot);
    const last = session.get(storageKey.account) ?? local.get(storageKey.account);
    this.#current = taken[0].account.id;
    if (last === undefined || !this.show(last)) this.show(this.#current);
    this.reader = new Reader(this.#ids, taken[0].cursor, transport, {
      records: (records) => records.forEach((record) => this.#receive(record)),
      changed: () => {
        this.#watchConnection();
        events.changed();
      },
      live: () =>
        this.#each((chat) => {
          chat.signals.begun();
          chat.wake();
        }),
      lostPlace: () => void this.#inTurn(async () => {
        const cursor = await this.#resync();
        if (cursor !== undefined) this.reader.moveTo(cursor);
      }),
      signedOut: () => this.#each((chat) => this.#lose(chat.account.id)),
    });
    this.#each((chat) => chat.wake());
    const { signal } = this.#listening;
    addEventListener('storage', ({ key, newValue }) => void this.#addedElsewhere(key ?? '', newValue), { signal });
    document.addEventListener('visibilitychange', () => this.#turned(), { signal });
  }

  /** The account that is shown; none once all are signed out. */
  get current(): Chat | undefined {
    return this.#chats.get(this.#current);
  }

  /** Messages of all accounts that were not seen yet. */
  get unread(): number {
    return this.#ids.reduce((sum, id) => sum + (this.#chats.get(id)?.unread ?? 0), 0);
  }

  /** How many of them name one of the accounts. */
  get mentions(): number {
    return this.#ids.reduce((sum, id) => sum + (this.#chats.get(id)?.mentions ?? 0), 0);
  }

  /** Signed in as one more, which is shown from now on. */
  async add(account: string): Promise<void> {
    await this.#take(account);
    if (this.show(account)) this.#events.selected();
  }

  /** Whether the account can be shown, and is from now on. */
  show(account: string): boolean {
    if (!this.#chats.has(account)) return false;
    this.#current = account;
    session.set(storageKey.account, account);
    local.set(storageKey.account, account);
    return true;
  }

  /** Looks at what is on the screen of the account that is shown. */
  look(): void {
    const chat = this.current;
    if (!chat || (document.visibilityState === 'hidden' && Date.now() - this.#hiddenAt < GLANCE_MS)) return;
    const { view } = chat;
    const look = JSON.stringify(view);
    if (look === this.#looked) return;
    this.#looked = look;
    this.#each((other) => (other === chat ? chat.signals.look(view.conversations, view.accounts) : other.signals.look([], [])));
    this.reader.look(view);
  }

  #turned(): void {
    if (document.visibilityState === 'hidden') {
      this.#hiddenAt = Date.now();
      setTimeout(() => this.look(), GLANCE_MS);
    } else {
      this.look();
    }
  }

  /** Of what is looked at nothing is told while there is no connection. */
  #watchConnection(): void {
    // It tells of its first attempt while it is being made.
    const phase = (this.reader as Reader | undefined)?.state.phase;
    if (phase === undefined) return;
    if (phase !== 'live' && phase !== 'connecting') this.#each((chat) => chat.signals.interrupted());
  }

  get #ids(): string[] {
    return [...this.#chats.keys()];
  }

  #each(action: (chat: Chat) => void): void {
    for (const chat of [...this.#chats.values()]) action(chat);
  }

  /** Whatever takes snapshots and moves the stream's place: one at a time, or one would skip what the other's account lacks. */
  #inTurn(work: () => Promise<unknown>): Promise<void> {
    const done = this.#turn.then(async () => void (await work()));
    this.#turn = done.catch(() => {});
    return done;
  }

  /** What comes twice for the accounts that are there already changes nothing. */
  #take(account: string): Promise<void> {
    return this.#inTurn(async () => {
      const wanted = (): boolean => this.#chats.size > 0;
      const kept = this.reader.cursor;
      const snapshot = await retrying(new Api(account).sync, wanted);
      if (!wanted()) return;
      if (!this.#chats.has(account)) this.#put(snapshot);
      this.reader.readFor(this.#ids, kept);
      this.#chats.get(account)?.wake();
    });
  }

  /** By another tab. Whether that is still so, the server says. */
  async #addedElsewhere(key: string, name: string | null): Promise<void> {
    const account = accountNamedBy(key);
    if (key !== storageKey.name(account) || name === null || this.#chats.has(account)) return;
    await this.#take(account).catch(() => {});
  }

  #put(snapshot: SyncPage): void {
    const { id, name } = snapshot.account;
    const beside: Beside = {
      ask: (account) => {
        const ask = this.reader.ask;
        return ask && ((command) => ask(command, account));
      },
      others: (account) => [...this.#chats.values()].filter((chat) => chat.account.id !== account),
      select: (account) => this.show(account) && this.#events.selected(),
      add: () => this.#events.adding(),
    };
    const shown = (): boolean => this.#current === id;
    this.#chats.set(
      id,
      new Chat(snapshot, beside, {
        changed: () => this.#events.changed(),
        arrived: (message) => shown() && this.#events.arrived(message),
        draftTaken: (conversation) => shown() && this.#events.draftTaken(conversation),
        noticed: (sentence) => shown() && this.#events.noticed(sentence),
        signedOut: () => this.#lose(id),
      }),
    );
    local.set(storageKey.name(id), name);
  }

  #receive(record: EventRecord): void {
    if (record.type === 'account_end') {
      this.#lose(record.account);
    } else if (record.type === 'gap') {
      void this.#inTurn(() => this.#resync());
    } else if (isSignal(record)) {
      // The account in it is whom it is about, and the one that is shown is who looks.
      this.current?.receive(record);
    } else {
      const owner = ownerOf(record);
      if (owner === undefined) this.#each((chat) => chat.receive(record));
      else this.#receiveAlone(record, owner);
    }
  }

  /** For one account alone; of a row of a timeline the others learn that it is there. */
  #receiveAlone(record: EventRecord, account: string): void {
    this.#chats.get(account)?.receive(record);
    if (!takesRow(record)) return;
    const { conversation, seq, cursor } = record;
    // A message has one text only: with one that is not for them it is not for them any more.
    const target: { target?: number } = record.type === 'edit' ? { target: record.target } : {};
    for (const chat of this.#chats.values()) {
      if (chat.account.id !== account) chat.receive({ type: 'hidden', conversation, seq, ...target, cursor });
    }
  }

  /** Rows were skipped that cannot be replayed: each account starts again from a snapshot. The oldest one's cursor is good for all. */
  async #resync(): Promise<string | undefined> {
    let oldest: string | undefined;
    for (const chat of [...this.#chats.values()]) {
      const cursor = await chat.resync();
      oldest ??= cursor;
    }
    return oldest;
  }

  #lose(account: string): void {
    const chat = this.#chats.get(account);
    if (!chat) return;
    const shown = this.#current === account;
    this.#chats.delete(account);
    chat.stop();
    local.remove(storageKey.name(account));
    for (const store of [session, local]) if (store.get(storageKey.account) === account) store.remove(storageKey.account);
    const [next] = this.#chats.keys();
    if (next === undefined) {
      this.reader.stop();
      this.#listening.abort();
    } else {
      if (shown) this.#current = next;
      // Nobody looks who is not signed in.
      this.look();
      // A poll is told of it at once and again, as long as it names the account.
      this.reader.readFor(this.#ids);
    }
    this.#events.signedOut({ name: chat.account.name, byOneself: chat.leaving, shown });
  }
}

type RowRecord = Extract<EventRecord, { type: 'message' | 'delete' | 'edit' | 'reaction' | 'pin' }>;

const ROW_TYPES: ReadonlySet<string> = new Set(['message', 'delete', 'edit', 'reaction', 'pin'] satisfies RowRecord['type'][]);

const takesRow = (record: EventRecord): record is RowRecord => ROW_TYPES.has(record.type);
