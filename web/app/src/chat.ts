import { deleteMessage, openRoom, retrying, sync } from './api.ts';
import { Conversation, type ConversationFacts } from './conversation.ts';
import { Outbox } from './outbox.ts';
import { Reader } from './reading/reader.ts';
import type { TransportName } from './reading/transport.ts';
import { send } from './sending.ts';
import { local, storageKey } from './storage.ts';
import { UuidV7Maker } from './uuid.ts';
import type { AccountCard, HistoryMessage, MessageRecord, Record as EventRecord, SyncPage } from './wire.ts';

// Until `hello` says otherwise.
const DEFAULT_MESSAGE_BYTES = 32_768;

const clientIds = new UuidV7Maker();

export interface ChatEvents {
  changed(): void;
  /** A message has just come over the stream, at the end of a timeline that is loaded. */
  arrived(message: MessageRecord): void;
  signedOut(): void;
}

/** Everything one signed-in account knows: its rooms, its outbox, and the stream that feeds them. */
export class Chat {
  readonly account: AccountCard;
  readonly outbox: Outbox;
  readonly reader: Reader;
  messageBytes = DEFAULT_MESSAGE_BYTES;
  readonly #events: ChatEvents;
  readonly #conversations = new Map<string, Conversation>();
  readonly #stopped = new AbortController();
  #openId: string | undefined;
  #activity = 0;

  constructor(snapshot: SyncPage, transport: TransportName | undefined, events: ChatEvents) {
    this.#events = events;
    this.account = snapshot.account;
    const prefix = storageKey.queue(snapshot.account.id);
    this.outbox = new Outbox({
      store: local,
      prefix,
      send: (conversation, message) => send(this.reader.ask, conversation, message),
      changed: () => this.#events.changed(),
      signedOut: () => this.#signedOut(),
    });
    this.#apply(snapshot);
    this.reader = new Reader(snapshot.cursor, transport, {
      records: (records) => records.forEach((record) => this.#receive(record)),
      changed: () => this.#events.changed(),
      live: () => this.outbox.wake(),
      lostPlace: () => void this.#resync().then((cursor) => cursor && this.reader.moveTo(cursor)),
      signedOut: () => this.#signedOut(),
    });
    const { signal } = this.#stopped;
    addEventListener('storage', (event) => this.#storedElsewhere(event, prefix), { signal });
    addEventListener('online', () => this.outbox.wake(), { signal });
    document.addEventListener('visibilitychange', () => this.#markRead(), { signal });
    this.outbox.wake();
  }

  /** The rooms, latest activity first: this page shows nothing else yet. */
  get conversations(): Conversation[] {
    return [...this.#conversations.values()].filter((room) => room.slug !== '').sort((a, b) => b.activity - a.activity);
  }

  get open(): Conversation | undefined {
    return this.#openId === undefined ? undefined : this.#conversations.get(this.#openId);
  }

  /** Opens a room for reading and writing, and becomes a member of it. */
  async openRoom(slug: string, wanted: () => boolean): Promise<void> {
    const opened = await retrying(() => openRoom(slug), wanted);
    if (!wanted()) return;
    const conversation = this.#ensure(opened.conversation);
    this.#openId = conversation.id;
    conversation.show(opened);
    const newest = opened.messages.at(-1);
    if (newest) conversation.countMessages(newest.n, newest.n);
    this.#markRead();
  }

  close(): void {
    this.#openId = undefined;
  }

  send(conversation: Conversation, text: string): void {
    this.outbox.add(conversation.id, clientIds.next(), text);
  }

  async delete(conversation: Conversation, seq: number): Promise<void> {
    await deleteMessage(conversation.id, seq);
  }

  stop(): void {
    this.#stopped.abort();
    this.reader.stop();
    this.outbox.stop();
  }

  #receive(record: EventRecord): void {
    switch (record.type) {
      case 'hello':
        this.messageBytes = record.limits.message_bytes;
        break;
      case 'message':
        this.#receiveMessage(record);
        break;
      case 'delete':
      case 'hidden':
        this.#conversations.get(record.conversation)?.receive(record);
        break;
      case 'conversation':
        this.#ensure({ ...record, id: record.conversation, role: 'owner' });
        break;
      case 'member':
        if (record.change === 'joined') this.#ensure({ ...record, id: record.conversation, role: record.role ?? 'member' });
        else if (record.change !== 'accepted') this.#left(record.conversation);
        break;
      case 'heartbeat':
        for (const head of record.heads) this.#conversations.get(head.conversation)?.expect(head.seq);
        break;
      case 'gap':
        void this.#resync();
        break;
    }
  }

  #receiveMessage(record: Extract<EventRecord, { type: 'message' }>): void {
    const conversation = this.#conversations.get(record.conversation);
    if (!conversation) return;
    const own = record.sender.id === this.account.id;
    conversation.countMessages(record.n, record.n - 1);
    conversation.activity = ++this.#activity;
    if (conversation.receive(record)) this.#events.arrived(record);
    if (own) {
      this.outbox.drop(record.client_id);
      conversation.markRead();
    }
    this.#markRead();
  }

  #apply(snapshot: SyncPage): void {
    const left = new Set(this.#conversations.keys());
    for (const summary of snapshot.conversations.toReversed()) {
      left.delete(summary.id);
      const conversation = this.#ensure(summary);
      conversation.activity = ++this.#activity;
      conversation.countMessages(summary.n, summary.n);
    }
    for (const id of left) this.#left(id);
  }

  /** Rows were skipped that cannot be replayed: start again from a snapshot. The queue and the drafts are not touched. */
  async #resync(): Promise<string | undefined> {
    const wanted = (): boolean => !this.#stopped.signal.aborted;
    const { open } = this;
    for (const conversation of this.#conversations.values()) if (conversation !== open) conversation.unload();
    const reload = open?.load();
    const snapshot = await retrying(sync, wanted).catch(() => undefined);
    if (!snapshot || !wanted()) return undefined;
    this.#apply(snapshot);
    await reload;
    this.#events.changed();
    return snapshot.cursor;
  }

  #ensure(facts: ConversationFacts): Conversation {
    const known = this.#conversations.get(facts.id);
    if (known) {
      known.role = facts.role;
      known.lookalike ||= facts.lookalike ?? false;
      return known;
    }
    const conversation = new Conversation(facts, {
      changed: () => this.#events.changed(),
      loaded: (messages) => this.#forgetStored(messages),
    });
    conversation.activity = ++this.#activity;
    this.#conversations.set(facts.id, conversation);
    return conversation;
  }

  #left(id: string): void {
    this.#conversations.get(id)?.unload();
    this.#conversations.delete(id);
  }

  #forgetStored(messages: readonly HistoryMessage[]): void {
    for (const message of messages) {
      if (message.sender.id === this.account.id) this.outbox.drop(message.client_id);
    }
  }

  /** What is open in a visible page counts as read. */
  #markRead(): void {
    if (document.visibilityState === 'hidden') return;
    this.open?.markRead();
    this.#events.changed();
  }

  #storedElsewhere(event: StorageEvent, prefix: string): void {
    if (event.key?.startsWith(prefix) && event.newValue === null) this.outbox.drop(event.key.slice(prefix.length));
    this.#events.changed();
  }

  #signedOut(): void {
    if (this.#stopped.signal.aborted) return;
    this.stop();
    this.#events.signedOut();
  }
}
