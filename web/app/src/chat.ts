import { Api } from './api.ts';
import { barrierOf, type Barrier } from './barrier.ts';
import { Blocks } from './blocks.ts';
import { Conversation, type ConversationFacts } from './conversation.ts';
import { Drafts } from './drafts.ts';
import { Latest } from './latest.ts';
import { membersNotice, settingsNotices } from './notices.ts';
import { Outbox, sendBody, type Said } from './outbox.ts';
import { silentUntil, tellingOf } from './own-settings.ts';
import { People } from './people.ts';
import type { Ask, View } from './reading/transport.ts';
import type { Tick } from './receipts.ts';
import { ApiError, retrying } from './request.ts';
import { send } from './sending.ts';
import { Signals } from './signals.ts';
import { forget, local, storageKey } from './storage.ts';
import { UuidV7Maker } from './uuid.ts';
import type { AccountCard, FrameCommand, HistoryMessage, Kind, MessageRecord, OwnSettingsBody, PreferencesCard, Record as EventRecord, SyncPage } from './wire.ts';

// Until `hello` says otherwise.
const DEFAULT_MESSAGE_BYTES = 32_768;
// Others that are looked at, of the 200 places of a view: who stands in the list, and the members that are on the screen.
const LISTED_MAX = 50;
const WATCHED_MAX = 140;
// What an account shows of itself goes only some seconds after it has become invisible.
const SETTLED_MS = 12_000;
const READ_EVERY_MS = 1_000;
// Timers hold no longer time.
const TIMER_MAX_MS = 2_147_483_647;

const clientIds = new UuidV7Maker();

/** What an account has in common with the others that the browser is signed in as. */
export interface Beside {
  /** Has a command of an account done over the stream, while that is possible. */
  ask(account: string): Ask | undefined;
  others(account: string): Chat[];
  /** Shows another account. */
  select(account: string): void;
  /** Shows the ways to be signed in as one more. */
  add(): void;
}

export interface ChatEvents {
  changed(): void;
  /** A message has just come over the stream, at the end of a timeline that is loaded. */
  arrived(message: MessageRecord): void;
  /** What this device had begun to write there was taken over by another one. */
  draftTaken(conversation: string): void;
  /** Something that whoever cannot see the page is to be told. */
  noticed(sentence: string): void;
  signedOut(): void;
}

/** How the conversation that is open came to be no longer one of the account's. */
export interface Departure {
  kind: Kind;
  name: string;
  change: 'left' | 'removed' | 'banned';
}

/** Everything one signed-in account knows: its conversations, and its outbox. */
export class Chat {
  readonly api: Api;
  readonly beside: Beside;
  readonly outbox: Outbox;
  readonly blocks: Blocks;
  readonly people: People;
  readonly signals: Signals;
  readonly drafts: Drafts;
  messageBytes = DEFAULT_MESSAGE_BYTES;
  /** Counts the devices that came and went. */
  deviceChanges = 0;
  #account: AccountCard;
  readonly #events: ChatEvents;
  readonly #conversations = new Map<string, Conversation>();
  readonly #stopped = new AbortController();
  #openId: string | undefined;
  #departure: Departure | undefined;
  #preferences: PreferencesCard | undefined;
  /** How far each conversation was read, on its way to the server. Each time anew, for it may have been marked as unread since. */
  readonly #reads = new Map<string, Latest<{ seq: number }>>();
  #unmuting: ReturnType<typeof setTimeout> | undefined;
  #activity = 0;
  #leaving = false;
  #watched: readonly string[] = [];
  /** What was said last about being seen, for as long as the server may not show it yet. */
  #said: { invisible: boolean; until: number } | undefined;

  constructor(snapshot: SyncPage, beside: Beside, events: ChatEvents) {
    this.#events = events;
    this.beside = beside;
    this.api = new Api(snapshot.account.id);
    this.blocks = new Blocks(this.api, () => this.#events.changed());
    this.people = new People(this.api.getAccount, () => this.#events.changed());
    this.signals = new Signals(() => this.#events.changed());
    this.#account = snapshot.account;
    const prefix = storageKey.queue(snapshot.account.id);
    this.outbox = new Outbox({
      store: local,
      prefix,
      send: (conversation, message) => send(beside.ask(this.account.id), conversation, message, this.api.sendMessage),
      changed: () => this.#events.changed(),
      signedOut: () => this.#signedOut(),
    });
    this.drafts = new Drafts({
      store: local,
      key: (conversation) => storageKey.draft(this.account.id, conversation),
      device: async () => (await retrying(this.api.getSession, () => !this.#stopped.signal.aborted)).device.id,
      put: (conversation, device, text) =>
        this.#up({ command: 'put_draft', conversation, device, text }, () => this.api.putDraft(conversation, device, text)),
      maxBytes: () => this.messageBytes,
      changed: () => this.#events.changed(),
    });
    this.#apply(snapshot);
    const { signal } = this.#stopped;
    addEventListener('storage', (event) => this.#storedElsewhere(event, prefix), { signal });
    addEventListener('online', () => this.wake(), { signal });
    document.addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && this.#flush(), { signal });
  }

  get account(): AccountCard {
    return this.#account;
  }

  /** Takes over what the account has become, if that is newer than what is known. */
  become(card: AccountCard): void {
    if (card.version > this.#account.version) this.#account = card;
    this.#events.changed();
  }

  /** What is on the screen and is told of: who types and is there, oneself included. */
  get view(): View {
    const own = this.account.id;
    if (document.visibilityState === 'hidden') return { as: own, conversations: [], accounts: [own] };
    const { open, conversations } = this;
    const listed = conversations.flatMap(({ kind, peerId }) => (kind === 'direct' && peerId !== undefined ? [peerId] : []));
    const near = open?.peerId === undefined ? [] : [open.peerId];
    return {
      as: own,
      conversations: open ? [open.id] : [],
      // In an order that stays when the list is sorted anew.
      accounts: [...new Set([own, ...near, ...listed.slice(0, LISTED_MAX), ...this.#watched])].sort(),
    };
  }

  /** Members that are on the screen. */
  watch(accounts: readonly string[]): void {
    this.#watched = accounts.slice(0, WATCHED_MAX);
    this.#events.changed();
  }

  /** Whether the account shows others nothing of its being there; nothing until that is known. */
  get invisible(): boolean | undefined {
    if (this.#said && Date.now() < this.#said.until) return this.#said.invisible;
    const own = this.signals.presenceOf(this.account.id);
    return own && own.status === 'offline';
  }

  async beInvisible(invisible: boolean): Promise<void> {
    await this.api.setPresence(invisible ? 'invisible' : 'online');
    this.#said = { invisible, until: Date.now() + SETTLED_MS };
    setTimeout(() => this.#events.changed(), SETTLED_MS);
    this.#events.changed();
  }

  /** Tells who looks at a conversation that one types there, or no more. If it is lost, so be it. */
  typing(conversation: string, on: boolean): void {
    void this.#up({ command: 'typing', conversation, on }, () => this.api.typing(conversation, on)).catch(() => {});
  }

  /** Over the stream, while that is possible. */
  #up(command: FrameCommand, request: () => Promise<unknown>): Promise<unknown> {
    const ask = this.beside.ask(this.account.id);
    return ask ? ask(command) : request();
  }

  /** The server can be reached (again). */
  wake(): void {
    this.outbox.wake();
    this.drafts.wake();
    for (const read of this.#reads.values()) read.wake();
  }

  /** Whoever signs out leaves nothing behind for the next person. */
  signOut(): Promise<void> {
    return this.#leaveBy(this.api.signOut());
  }

  /** Deletes the account; a guest has no password. */
  deleteAccount(password: string | undefined): Promise<void> {
    return this.#leaveBy(this.api.deleteAccount(password));
  }

  /** Whether one is about to be signed out by oneself. The stream may tell of the end before the request is answered. */
  get leaving(): boolean {
    return this.#leaving;
  }

  async #leaveBy(request: Promise<void>): Promise<void> {
    this.#leaving = true;
    try {
      await request;
    } catch (error) {
      // Without an answer it may be done all the same, and then it is the stream that tells.
      if (!(error instanceof ApiError) || error.status !== 0) this.#leaving = false;
      throw error;
    }
    this.#signedOut();
  }

  /** The page may be left: what waits to be told is told now. */
  #flush(): void {
    this.drafts.flush();
    for (const read of this.#reads.values()) read.flush();
  }

  /** Those that the account takes part in: what it has pinned first, then latest activity first. A direct chat shows once something was said in it. */
  get conversations(): Conversation[] {
    return this.#sorted(({ request, kind, notes, silent, id }) => !request && (kind !== 'direct' || notes || !silent || id === this.#openId));
  }

  /** Direct chats that strangers began, latest activity first; none before it is known who is blocked. */
  get requests(): Conversation[] {
    return this.blocks.settled ? this.#sorted(({ request, peerId }) => request && !this.blocks.has(peerId)) : [];
  }

  /** Messages that were not seen yet. What the blocked write is counted by the server, and shown to nobody. */
  unreadIn(conversation: Conversation): number {
    if (conversation.kind === 'direct' && !this.blocks.settled) return 0;
    return this.blocks.has(conversation.peerId) ? 0 : conversation.mark.unread;
  }

  /** How many of these name the account. */
  mentionsIn(conversation: Conversation): number {
    return this.unreadIn(conversation) === 0 ? 0 : conversation.mark.mentions;
  }

  /** Whoever reads looks at the end of what is open. */
  see(): void {
    const { open } = this;
    const seq = open?.see();
    if (!open || seq === undefined) return;
    const { id } = open;
    const read = this.#reads.get(id) ?? new Latest<{ seq: number }>({
      everyMs: READ_EVERY_MS,
      tell: ({ seq: upTo }) => this.#up({ command: 'read', conversation: id, seq: upTo }, () => this.api.read(id, upTo)),
    });
    this.#reads.set(id, read);
    read.put({ seq });
    this.#events.changed();
  }

  /** From a message on; without one from the last, as far as it is known. */
  markUnread(conversation: Conversation, seq = conversation.timeline.messages.at(-1)?.seq ?? conversation.lastSeq): Promise<void> {
    // It would end what is said now.
    this.#reads.get(conversation.id)?.drop();
    return conversation.markUnread(seq);
  }

  async setForOneself(conversation: Conversation, change: OwnSettingsBody): Promise<void> {
    conversation.setForOneself(await this.api.changeOwnSettings(conversation.id, change));
    this.#watchMutes();
    this.#events.changed();
  }

  /** What the account has chosen for all of its conversations, once that is known. */
  get preferences(): PreferencesCard | undefined {
    return this.#preferences;
  }

  async loadPreferences(): Promise<void> {
    this.#prefer(await this.api.getPreferences());
  }

  async tellReceipts(receipts: boolean): Promise<void> {
    this.#prefer(await this.api.setPreferences({ receipts }));
  }

  /** What has become of a message of one's own, where anybody is told. */
  tickOf(conversation: Conversation, seq: number): Tick | undefined {
    const tick = conversation.tickOf(seq);
    return tick !== undefined && this.#preferences?.receipts === false ? 'sent' : tick;
  }

  get open(): Conversation | undefined {
    return this.#openId === undefined ? undefined : this.#conversations.get(this.#openId);
  }

  /** Set once the account is no longer in what is open. */
  get departure(): Departure | undefined {
    return this.#departure;
  }

  /** Why one cannot write in a conversation now, if one cannot. */
  barrier(conversation: Conversation): Barrier | undefined {
    const { kind, role, settings, mutedUntil, wroteAt, peerId } = conversation;
    return barrierOf({ kind, role, settings, mutedUntil, wroteAt, blocks: this.blocks.has(peerId) }, Date.now());
  }

  /** Opens a room for reading and writing, and becomes a member of it. */
  async openRoom(slug: string, wanted: () => boolean): Promise<void> {
    const opened = await retrying(() => this.api.openRoom(slug), wanted);
    if (!wanted()) return;
    const known = this.#conversations.has(opened.conversation.id);
    const conversation = this.take(opened.conversation);
    if (!known) conversation.mark.begin(opened.to_seq + 1);
    this.#openId = conversation.id;
    this.#departure = undefined;
    conversation.show(opened);
    conversation.begin();
    this.#events.changed();
  }

  /** Opens a group or a direct chat that the account is in. A request stays one. */
  async openChat(id: string, wanted: () => boolean): Promise<void> {
    this.#openId = id;
    this.#departure = undefined;
    const known = this.#conversations.get(id);
    const conversation = known ?? this.take(await retrying(() => this.api.getConversation(id), wanted));
    if (!wanted()) return;
    if (conversation.kind === 'direct') void this.#loadBlocks();
    if (!conversation.loaded) await conversation.load();
    if (!wanted()) return;
    // It was told of by nothing before, so that nothing in it was missed.
    if (!known) conversation.mark.read(conversation.timeline.lastSeq);
    conversation.begin();
    void this.#loadReceipts(conversation);
    this.#events.changed();
  }

  /** Takes over what an answer or a snapshot tells of a conversation. */
  take(facts: ConversationFacts): Conversation {
    const conversation = this.#ensure(facts);
    conversation.learn(facts);
    conversation.lookalike = facts.lookalike ?? false;
    return conversation;
  }

  async accept(conversation: Conversation): Promise<void> {
    await this.api.acceptRequest(conversation.id);
    conversation.request = false;
    this.#events.changed();
  }

  async block(account: string): Promise<void> {
    await this.api.block(account);
    this.blocks.put(account, true);
  }

  async unblock(account: string): Promise<void> {
    await this.api.unblock(account);
    this.blocks.put(account, false);
  }

  close(): void {
    // Whoever comes back comes to what is said then.
    if (this.open?.apart) this.open.unload();
    this.open?.end();
    this.#openId = undefined;
    this.#departure = undefined;
  }

  send(conversation: Conversation, said: Said): void {
    this.outbox.add(conversation.id, clientIds.next(), said);
  }

  /** Gives a message of one's own another text. */
  async edit(conversation: Conversation, seq: number, { text, entities = [] }: Said): Promise<void> {
    await this.api.editMessage(conversation.id, seq, { text, entities: [...entities] });
  }

  async delete(conversation: Conversation, seq: number): Promise<void> {
    await this.api.deleteMessage(conversation.id, seq);
  }

  /** Says the same text in another conversation; each time with the same id, so that it is said once. Whom it named is not called again. */
  async forward(text: string, to: Conversation, clientId: string): Promise<void> {
    await this.api.sendMessage(to.id, { ...sendBody(clientId, { text }), forwarded: true });
  }

  /** Nothing is taken in or sent any more; who leaves has nothing kept any more, either. */
  stop(): void {
    this.#stopped.abort();
    this.outbox.stop();
    this.drafts.stop();
    for (const read of this.#reads.values()) read.stop();
    clearTimeout(this.#unmuting);
    if (this.#leaving) forget(local, this.account.id);
  }

  /** Messages in all conversations that were not seen yet, as far as one wants to be told of them. */
  get unread(): number {
    return this.conversations.reduce((sum, conversation) => sum + this.#tellingOf(conversation), 0);
  }

  /** How many of them name the account. */
  get mentions(): number {
    return this.conversations.reduce((sum, conversation) => sum + Math.min(this.mentionsIn(conversation), this.#tellingOf(conversation)), 0);
  }

  #tellingOf(conversation: Conversation): number {
    const left = { unread: this.unreadIn(conversation), mentions: this.mentionsIn(conversation) };
    return tellingOf(conversation.ownSettings, left, Date.now());
  }

  /** Takes in what the stream tells this account, and passes over what concerns others only. */
  receive(record: EventRecord): void {
    switch (record.type) {
      case 'hello':
        this.messageBytes = record.limits.message_bytes;
        this.signals.begun();
        break;
      case 'presence':
      case 'typing':
      case 'present':
        this.signals.receive(record);
        break;
      case 'message':
        this.#receiveMessage(record);
        break;
      case 'delete':
      case 'edit':
      case 'reaction':
      case 'pin':
      case 'erased':
      case 'hidden':
        this.#conversations.get(record.conversation)?.receive(record);
        break;
      case 'members':
        this.#receiveMembers(record);
        break;
      case 'conversation_changed':
        this.#receiveSettings(record);
        break;
      case 'account':
        this.become(record.card);
        break;
      case 'device':
        this.deviceChanges++;
        break;
      case 'conversation':
        this.#ensure({ ...record, id: record.conversation, role: record.kind === 'direct' ? 'member' : 'owner' });
        break;
      case 'member':
        this.#receiveMember(record);
        break;
      case 'invite': {
        const conversation = this.#conversations.get(record.conversation);
        if (conversation) conversation.inviteChanges++;
        break;
      }
      case 'block':
        this.blocks.receive(record);
        break;
      case 'marker':
        this.#conversations.get(record.conversation)?.receiveMarker(record);
        break;
      case 'receipt':
        this.#conversations.get(record.conversation)?.receipts.receive(record.account, record, record.version);
        break;
      case 'preferences':
        this.#prefer(record);
        break;
      case 'conversation_settings':
        this.#conversations.get(record.conversation)?.setForOneself(record);
        this.#watchMutes();
        break;
      case 'draft':
        if (this.drafts.receive(record.conversation, record)) this.#events.draftTaken(record.conversation);
        break;
      case 'heartbeat':
        for (const head of record.heads) this.#conversations.get(head.conversation)?.expect(head.seq);
        break;
    }
  }

  #receiveMember(record: Extract<EventRecord, { type: 'member' }>): void {
    const id = record.conversation;
    switch (record.change) {
      case 'joined': {
        const conversation = this.#ensure({ ...record, id, role: record.role ?? 'member' });
        if (record.from_seq !== undefined) conversation.mark.begin(record.from_seq);
        this.#joined(conversation);
        break;
      }
      case 'left':
      case 'removed':
      case 'banned':
        this.#left(id, record.change);
        break;
      case 'muted':
      case 'unmuted': {
        const conversation = this.#conversations.get(id);
        if (conversation) conversation.mutedUntil = record.muted_until === undefined ? undefined : Date.parse(record.muted_until);
        break;
      }
      case 'role':
        this.#ensure({ ...record, id, role: record.role ?? 'member' });
        break;
      case 'accepted': {
        const conversation = this.#conversations.get(id);
        if (conversation) conversation.request = false;
        break;
      }
    }
  }

  #receiveMembers(record: Extract<EventRecord, { type: 'members' }>): void {
    const conversation = this.#conversations.get(record.conversation);
    if (!conversation) return;
    conversation.memberChanges++;
    if (conversation.receive(record)) this.#tell(conversation, membersNotice(record, this.account.id));
  }

  #receiveSettings(record: Extract<EventRecord, { type: 'conversation_changed' }>): void {
    const conversation = this.#conversations.get(record.conversation);
    if (!conversation) return;
    const before = conversation.settings;
    const applied = conversation.receive({ ...record, before });
    conversation.learn(record);
    // Whether a name may be taken for another one is not in the record.
    if (record.title !== before.title) void this.#describe(conversation);
    if (!applied) return;
    for (const sentence of settingsNotices(before, record, record.actor, this.account.id)) this.#tell(conversation, sentence);
  }

  #tell(conversation: Conversation, sentence: string): void {
    if (conversation === this.open) this.#events.noticed(sentence);
  }

  #joined(conversation: Conversation): void {
    if (conversation === this.open) this.#departure = undefined;
    if (conversation.request) void this.#loadBlocks();
    const known = conversation.vague ? this.#describe(conversation) : Promise.resolve();
    void known.then(() => {
      if (conversation.request) this.#events.noticed(`${conversation.name} wants to talk with you`);
    });
    // Removed and brought in again, under the eyes of whoever reads it.
    if (conversation === this.open && !conversation.loaded && !conversation.loading) void conversation.load();
  }

  /** Asks for what a record does not tell. */
  async #describe(conversation: Conversation): Promise<void> {
    const wanted = (): boolean => !this.#stopped.signal.aborted && this.#conversations.get(conversation.id) === conversation;
    const card = await retrying(() => this.api.getConversation(conversation.id), wanted).catch(() => undefined);
    if (card) {
      conversation.learn(card);
      conversation.lookalike = card.lookalike ?? false;
    }
    this.#events.changed();
  }

  #loadBlocks(): Promise<void> {
    return this.blocks.load(() => !this.#stopped.signal.aborted);
  }

  #sorted(shown: (conversation: Conversation) => boolean): Conversation[] {
    const rank = ({ ownSettings }: Conversation): number => (ownSettings.pinned ? 1 : 0);
    return [...this.#conversations.values()].filter(shown).sort((a, b) => rank(b) - rank(a) || b.activity - a.activity);
  }

  /** What is told from now on, or no more. */
  #prefer(preferences: PreferencesCard): void {
    const before = this.#preferences;
    if (before && preferences.version < before.version) return;
    this.#preferences = { receipts: preferences.receipts, version: preferences.version };
    if (preferences.receipts && this.open) void this.#loadReceipts(this.open);
    if (!preferences.receipts) for (const { receipts } of this.#conversations.values()) receipts.forget();
    this.#events.changed();
  }

  /** How far the others are, which the stream goes on to tell. Where nobody is told, that is refused. */
  async #loadReceipts(conversation: Conversation): Promise<void> {
    const { receipts, id, kind, notes } = conversation;
    if (kind === 'room' || notes || receipts.asked) return;
    receipts.asked = true;
    try {
      // Whoever wants to know nothing is refused.
      if (!this.#preferences) await this.loadPreferences();
      if (!this.#preferences?.receipts) {
        receipts.asked = false;
        return;
      }
      receipts.take((await retrying(() => this.api.getReceipts(id), () => conversation === this.open)).receipts);
      this.#events.changed();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // With the next opening; until then what the stream tells counts.
      receipts.asked = false;
    }
  }

  /** Draws anew once one wants to hear of something again. */
  #watchMutes(): void {
    clearTimeout(this.#unmuting);
    const now = Date.now();
    const ends = [...this.#conversations.values()].flatMap(({ ownSettings }) => silentUntil(ownSettings, now)?.getTime() ?? []);
    if (ends.length === 0) return;
    this.#unmuting = setTimeout(() => {
      this.#events.changed();
      this.#watchMutes();
    }, Math.min(Math.min(...ends) - now + 1, TIMER_MAX_MS));
  }

  #receiveMessage(record: Extract<EventRecord, { type: 'message' }>): void {
    const conversation = this.#conversations.get(record.conversation);
    if (!conversation) return;
    const own = record.sender.id === this.account.id;
    this.people.meet(record.sender);
    this.signals.said(record.conversation, record.sender.id);
    if (conversation.kind === 'direct') conversation.meet(record.sender);
    conversation.activity = ++this.#activity;
    if (conversation.receive(record)) this.#events.arrived(record);
    if (own) {
      this.outbox.drop(record.client_id);
      conversation.wrote(Date.now());
    }
    this.#events.changed();
  }

  #apply(snapshot: SyncPage): void {
    this.become(snapshot.account);
    const left = new Set(this.#conversations.keys());
    for (const summary of snapshot.conversations.toReversed()) {
      left.delete(summary.id);
      const conversation = this.take(summary);
      conversation.activity = ++this.#activity;
      conversation.takeMarker(summary.marker, summary.seq, summary.n);
      conversation.setForOneself(summary.own_settings);
      this.drafts.take(summary.id, summary.drafts ?? []);
    }
    this.#watchMutes();
    for (const id of left) this.#left(id, 'left');
    if (snapshot.conversations.some(({ kind }) => kind === 'direct')) void this.#loadBlocks();
  }

  /** Rows were skipped that cannot be replayed: start again from a snapshot. The queue and the drafts are not touched. */
  async resync(): Promise<string | undefined> {
    const wanted = (): boolean => !this.#stopped.signal.aborted;
    const { open } = this;
    void this.blocks.reload(wanted);
    if (open) open.memberChanges++;
    for (const conversation of this.#conversations.values()) {
      conversation.receipts.asked = false;
      if (conversation !== open) conversation.unload();
    }
    if (this.#preferences) void this.loadPreferences().catch(() => {});
    const reload = open?.load();
    const snapshot = await retrying(this.api.sync, wanted).catch(() => undefined);
    if (!snapshot || !wanted()) return undefined;
    this.#apply(snapshot);
    await reload;
    if (open) void this.#loadReceipts(open);
    this.#events.changed();
    return snapshot.cursor;
  }

  #ensure(facts: ConversationFacts): Conversation {
    const known = this.#conversations.get(facts.id);
    if (known) {
      known.role = facts.role;
      known.request = facts.request ?? false;
      return known;
    }
    const conversation = new Conversation(facts, this.api, {
      changed: () => this.#events.changed(),
      loaded: (messages) => this.#takeUp(messages),
    });
    conversation.activity = ++this.#activity;
    this.#conversations.set(facts.id, conversation);
    return conversation;
  }

  #left(id: string, change: Departure['change']): void {
    const conversation = this.#conversations.get(id);
    if (!conversation) return;
    if (id === this.#openId) this.#departure = { kind: conversation.kind, name: conversation.name, change };
    conversation.unload();
    this.#reads.get(id)?.stop();
    this.#reads.delete(id);
    this.#conversations.delete(id);
  }

  #takeUp(messages: readonly HistoryMessage[]): void {
    for (const message of messages) {
      this.people.meet(message.sender);
      if (message.sender.id === this.account.id) this.outbox.drop(message.client_id);
    }
  }

  #storedElsewhere(event: StorageEvent, prefix: string): void {
    if (event.key?.startsWith(prefix) && event.newValue === null) this.outbox.drop(event.key.slice(prefix.length));
    this.#events.changed();
  }

  #signedOut(): void {
    if (this.#stopped.signal.aborted) return;
    this.#events.signedOut();
  }
}
