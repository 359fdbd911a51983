import { Api, getSessions } from './api.ts';
import { Chat, type Beside } from './chat.ts';
import { Reader } from './reading/reader.ts';
import type { TransportName } from './reading/transport.ts';
import { ApiError, retrying } from './request.ts';
import { local, session, storageKey } from './storage.ts';
import type { MessageRecord, Record as EventRecord, SyncPage } from './wire.ts';

export interface AccountsEvents {
  changed(): void;
  /** As for the account that is shown. */
  arrived(message: MessageRecord): void;
  noticed(sentence: string): void;
  /** Another account is to be shown. */
  selected(): void;
  /** The ways to be signed in as one more are to be shown. */
  adding(): void;
  /** The account that was shown is signed out; another one is shown now, if there is one. */
  signedOut(byOneself: boolean): void;
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

/** The accounts that the browser is signed in as, one of which is shown, and the stream that feeds them all. */
export class Accounts {
  readonly reader: Reader;
  readonly #events: AccountsEvents;
  readonly #chats = new Map<string, Chat>();
  #current: string;

  /** From at least one snapshot, the oldest first. */
  constructor(taken: readonly [SyncPage, ...SyncPage[]], transport: TransportName | undefined, events: AccountsEvents) {
    this.#events = events;
    for (const snapshot of taken) this.#put(snapshot);
    const last = session.get(storageKey.account) ?? local.get(storageKey.account);
    this.#current = last !== undefined && this.#chats.has(last) ? last : taken[0].account.id;
    this.reader = new Reader(this.#ids, taken[0].cursor, transport, {
      records: (records) => records.forEach((record) => this.#receive(record)),
      changed: () => events.changed(),
      live: () => this.#each((chat) => chat.outbox.wake()),
      lostPlace: () => void this.#resync().then((cursor) => cursor !== undefined && this.reader.moveTo(cursor)),
      signedOut: () => this.#each((chat) => this.#lose(chat.account.id, false)),
    });
    this.#each((chat) => chat.outbox.wake());
  }

  /** The account that is shown; none once all are signed out. */
  get current(): Chat | undefined {
    return this.#chats.get(this.#current);
  }

  /** Messages of all accounts that were not seen yet. */
  get unread(): number {
    return [...this.#chats.values()].reduce((sum, chat) => sum + chat.unread, 0);
  }

  /** Signed in as one more, which is shown from now on. What comes twice for the others changes nothing. */
  async add(account: string): Promise<void> {
    const kept = this.reader.cursor;
    const snapshot = await retrying(new Api(account).sync, () => true);
    if (!this.#chats.has(account)) this.#put(snapshot);
    this.reader.readFor(this.#ids, kept);
    this.#chats.get(account)?.outbox.wake();
    this.#select(account);
  }

  get #ids(): string[] {
    return [...this.#chats.keys()];
  }

  #each(action: (chat: Chat) => void): void {
    for (const chat of [...this.#chats.values()]) action(chat);
  }

  #put(snapshot: SyncPage): void {
    const { id } = snapshot.account;
    const beside: Beside = {
      ask: (account) => {
        const ask = this.reader.ask;
        return ask && ((command) => ask(command, account));
      },
      others: (account) => [...this.#chats.values()].filter((chat) => chat.account.id !== account),
      select: (account) => this.#select(account),
      add: () => this.#events.adding(),
    };
    const shown = (): boolean => this.#current === id;
    this.#chats.set(
      id,
      new Chat(snapshot, beside, {
        changed: () => this.#events.changed(),
        arrived: (message) => shown() && this.#events.arrived(message),
        noticed: (sentence) => shown() && this.#events.noticed(sentence),
        signedOut: (byOneself) => this.#lose(id, byOneself),
      }),
    );
  }

  #select(account: string): void {
    if (!this.#chats.has(account)) return;
    this.#current = account;
    session.set(storageKey.account, account);
    local.set(storageKey.account, account);
    this.#events.selected();
  }

  #receive(record: EventRecord): void {
    if (record.type === 'account_end') {
      this.#lose(record.account, false);
    } else if (record.type === 'gap') {
      void this.#resync();
    } else if ('account' in record && record.account !== undefined) {
      this.#receiveAlone(record, record.account);
    } else {
      this.#each((chat) => chat.receive(record));
    }
  }

  /** For one account alone; of a row of a timeline the others learn that it is there. */
  #receiveAlone(record: EventRecord, account: string): void {
    this.#chats.get(account)?.receive(record);
    if (record.type !== 'message' && record.type !== 'delete') return;
    const { conversation, seq, cursor } = record;
    for (const chat of this.#chats.values()) {
      if (chat.account.id !== account) chat.receive({ type: 'hidden', conversation, seq, cursor });
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

  #lose(account: string, byOneself: boolean): void {
    const chat = this.#chats.get(account);
    if (!chat) return;
    const shown = this.#current === account;
    chat.stop();
    this.#chats.delete(account);
    const [next] = this.#chats.keys();
    if (next === undefined) this.reader.stop();
    else this.reader.readFor(this.#ids);
    if (shown && next !== undefined) this.#current = next;
    if (shown) this.#events.signedOut(byOneself);
    else this.#events.changed();
  }
}
