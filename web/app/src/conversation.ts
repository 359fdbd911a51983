import type { Api } from './api.ts';
import { AT_FIRST } from './own-settings.ts';
import { Quotes, type Quoted } from './quotes.ts';
import { ReactionWishes, type Reaction } from './reactions.ts';
import { ReadMark } from './read-mark.ts';
import { Receipts, type Tick } from './receipts.ts';
import { ApiError, retrying } from './request.ts';
import { local, storageKey } from './storage.ts';
import { Timeline, type TimelineRecord } from './timeline.ts';
import type { HistoryMessage, HistoryPage, Kind, MarkerCard, OwnSettingsCard, Role, SenderCard, SettingsCard } from './wire.ts';

const FILL_PAGE = 200;
// A larger hole is not filled row by row: the newest page is what people want to see.
const FILL_LIMIT = 500;

/** What records, snapshots and answers tell of a conversation; a record tells less than the others. */
export interface ConversationFacts extends Partial<SettingsCard> {
  id: string;
  kind: Kind;
  /** Of a room. */
  slug?: string;
  role: Role;
  title: string;
  /** Of a direct chat: the other, or only their id. */
  peer?: SenderCard | string;
  request?: boolean;
  lookalike?: boolean;
}

export interface ConversationEvents {
  changed(): void;
  /** Messages that came as part of a page, not one by one from the stream. */
  loaded(messages: readonly HistoryMessage[]): void;
}

/** One conversation of the account: its place in the list always, its timeline once it has been opened. */
export class Conversation {
  readonly id: string;
  readonly kind: Kind;
  /** Empty if it is no room. */
  readonly slug: string;
  /** Of a direct chat. */
  readonly peerId: string | undefined;
  readonly timeline: Timeline;
  readonly mark: ReadMark;
  readonly receipts: Receipts;
  readonly #quotes: Quotes;
  readonly #wishes = new ReactionWishes();
  readonly #events: ConversationEvents;
  readonly api: Api;
  role: Role;
  /** A stranger began it, and the account has not taken it up. */
  request: boolean;
  lookalike: boolean;
  /** The higher, the later something happened here. */
  activity = 0;
  /** Counts what has changed about the members of a group. */
  memberChanges = 0;
  /** Counts the links into a group that the account has made or revoked. */
  inviteChanges = 0;
  /** Counts what may have changed about what is pinned, and what it says. */
  pinChanges = 0;
  #settings: SettingsCard;
  #peer: SenderCard | undefined;
  #ownSettings: OwnSettingsCard = AT_FIRST;
  #newAfter: number | undefined;
  #keepsUnread = false;
  // `apart`: the timeline is a stretch of the past, which does not reach to the end.
  #phase: 'unloaded' | 'loading' | 'live' | 'apart' = 'unloaded';
  // Records that came while a page was on its way; `seq` sorts out which of them are still news.
  #held: TimelineRecord[] = [];
  // The last row that this page has heard of, also while no timeline was loaded.
  #highestSeq = 0;
  // The last one that the stream or a snapshot has told of; a page may be ahead of them.
  #toldSeq = 0;
  #generation = 0;
  #older: 'idle' | 'loading' | 'failed' = 'idle';
  #newer: 'idle' | 'loading' | 'failed' = 'idle';
  // Whether what is loaded is apart, and the last row that was taken in from the stream while it was.
  #apart = false;
  #streamSeq = Number.POSITIVE_INFINITY;

  constructor(facts: ConversationFacts, api: Api, events: ConversationEvents) {
    const { id, kind, slug, role, request, lookalike, peer } = facts;
    this.id = id;
    this.kind = kind;
    this.slug = slug ?? '';
    this.peerId = typeof peer === 'object' ? peer.id : peer;
    this.role = role;
    this.request = request ?? false;
    this.lookalike = lookalike ?? false;
    this.api = api;
    this.#events = events;
    this.timeline = new Timeline(api.account);
    this.mark = new ReadMark(api.account);
    this.receipts = new Receipts(api.account);
    const readSome = async (seqs: number[]): Promise<readonly HistoryMessage[]> => (await api.getMessagesAt(id, seqs)).messages;
    this.#quotes = new Quotes(api.account, readSome, () => events.changed());
    // Until more is known; any version that the server gives is higher.
    this.#settings = {
      title: facts.title,
      topic: '',
      listed: false,
      locked: false,
      slow_mode_seconds: 0,
      history_visible: true,
      version: 0,
    };
    this.learn(facts);
  }

  /** Takes over what is newer than what is known. The role is not part of it: it has no version. */
  learn(facts: Partial<SettingsCard> & Pick<ConversationFacts, 'peer'>): void {
    if (facts.version !== undefined && facts.version > this.#settings.version) {
      const { title, topic, listed, locked, slow_mode_seconds, history_visible, version } = { ...this.#settings, ...facts };
      this.#settings = { title, topic, listed, locked, slow_mode_seconds, history_visible, version };
    }
    if (typeof facts.peer === 'object') this.meet(facts.peer);
  }

  /** Somebody is seen by what they are called now; only who the other is in a direct chat matters here. */
  meet(account: SenderCard): void {
    if (account.id === this.peerId && account.version >= (this.#peer?.version ?? 0)) this.#peer = account;
  }

  get settings(): SettingsCard {
    return this.#settings;
  }

  /** Of a direct chat: the other, by their newest name, once it is known. */
  get peer(): SenderCard | undefined {
    return this.#peer;
  }

  /** Whether there is more to be asked for. */
  get vague(): boolean {
    return this.#settings.version === 0 || (this.kind === 'direct' && this.#peer === undefined);
  }

  /** A direct chat with oneself. */
  get notes(): boolean {
    return this.peerId === this.api.account;
  }

  /** What it is called on this page. */
  get name(): string {
    return this.#ownSettings.name ?? this.commonName;
  }

  /** What it is called as long as the account calls it nothing else. */
  get commonName(): string {
    if (this.notes) return 'Notes to yourself';
    if (this.kind === 'direct') return this.#peer?.name ?? 'Somebody';
    return this.#settings.title || this.slug;
  }

  /** Until when one is muted here, by this browser's clock; the server tells it once, and only when it happens. */
  get mutedUntil(): number | undefined {
    return timeOf(local.get(storageKey.muted(this.api.account, this.id)));
  }

  set mutedUntil(until: number | undefined) {
    if (until === undefined) local.remove(storageKey.muted(this.api.account, this.id));
    else local.set(storageKey.muted(this.api.account, this.id), String(until));
  }

  /** When one wrote here last, where there is a slow mode. */
  get wroteAt(): number | undefined {
    return timeOf(local.get(storageKey.wrote(this.api.account, this.id)));
  }

  /** One has just written here. */
  wrote(now: number): void {
    if (this.#settings.slow_mode_seconds > 0) local.set(storageKey.wrote(this.api.account, this.id), String(now));
  }

  /** Whether anything was ever said, as far as is known. */
  get silent(): boolean {
    return this.mark.count === 0;
  }

  get loaded(): boolean {
    return this.timeline.lastSeq > 0 || this.#phase === 'live';
  }

  get loading(): boolean {
    return this.#phase === 'loading';
  }

  get older(): 'idle' | 'loading' | 'failed' {
    return this.#older;
  }

  get newer(): 'idle' | 'loading' | 'failed' {
    return this.#newer;
  }

  /** Whether the timeline is a stretch of the past that does not reach to the end. */
  get apart(): boolean {
    return this.#phase === 'apart';
  }

  /** A message, wherever in the conversation it is; nothing until it has come. */
  quoted(seq: number): Quoted | undefined {
    return this.timeline.find(seq) ?? this.#quotes.get(seq);
  }

  /** What the account has set for itself here. */
  get ownSettings(): OwnSettingsCard {
    return this.#ownSettings;
  }

  /** Of two states the later one holds; a snapshot may say again what is known. */
  setForOneself({ muted_until, level, pinned, archived, name, version }: OwnSettingsCard): void {
    if (version < this.#ownSettings.version) return;
    this.#ownSettings = {
      level,
      pinned,
      archived,
      version,
      ...(muted_until === undefined ? {} : { muted_until }),
      ...(name === undefined ? {} : { name }),
    };
  }

  /** What the server says of how far the account has read, as of here. */
  receiveMarker({ version, ...marker }: MarkerCard): void {
    const before = this.mark.markedFrom;
    this.mark.receive(marker, version, this.#toldSeq);
    const now = this.mark.markedFrom;
    this.#keepsUnread = now !== undefined && (this.#keepsUnread || now !== before);
  }

  /** What a snapshot says of it, which stands for everything up to a row and so many messages. */
  takeMarker(marker: MarkerCard, seq: number, count: number): void {
    this.#highestSeq = Math.max(this.#highestSeq, seq);
    this.#toldSeq = Math.max(this.#toldSeq, seq);
    this.mark.take(marker, seq, count);
  }

  /** The row after which all was new when it was opened, which stays so as long as it is open. */
  get newAfter(): number | undefined {
    return this.#newAfter;
  }

  /** It is opened: what is new now stays to be seen as new, and what was marked as unread is read as it is seen. */
  begin(): void {
    this.#newAfter = this.mark.newAfter;
    this.#keepsUnread = false;
  }

  end(): void {
    this.#newAfter = undefined;
    this.#keepsUnread = false;
  }

  /** One looks at its end. The row up to which that is all read, if it is news. */
  see(): number | undefined {
    const { lastSeq } = this.timeline;
    return this.#phase === 'live' && !this.#keepsUnread && this.mark.read(lastSeq) ? lastSeq : undefined;
  }

  /** The last row that is known of. */
  get lastSeq(): number {
    return this.#highestSeq;
  }

  /** Marks it as unread, from a row on. It stays so until it is opened again. */
  async markUnread(seq: number): Promise<void> {
    const before = this.#keepsUnread;
    // What comes meanwhile must not be read: that would end it.
    this.#keepsUnread = true;
    try {
      await this.api.markUnread(this.id, seq);
      this.mark.mark(seq);
    } catch (error) {
      this.#keepsUnread = before;
      throw error;
    } finally {
      this.#events.changed();
    }
  }

  /** Marks all of it as read, without a look at it. */
  async markRead(): Promise<void> {
    const seq = this.#highestSeq;
    await this.api.read(this.id, seq);
    this.#keepsUnread = false;
    this.mark.read(seq);
    this.#events.changed();
  }

  /** What has become of a message of one's own, where anybody is told. */
  tickOf(seq: number): Tick | undefined {
    return this.kind === 'room' || this.notes ? undefined : this.receipts.tickOf(seq);
  }

  /** The reactions to a message, with what one has just asked for. */
  reactionsTo(message: HistoryMessage): Reaction[] {
    return this.#wishes.shown(message);
  }

  /** Reacts to a message, or takes that back. It shows at once, and no more if the server refuses it. */
  async react(seq: number, emoji: string, on: boolean): Promise<void> {
    this.#wishes.wish(seq, emoji, on);
    this.#events.changed();
    try {
      const answer = await this.api.react(this.id, seq, emoji, on);
      // Else it stays until the stream has come to the row.
      if (answer === undefined || answer.seq <= this.#highestSeq) this.#wishes.settle(seq, emoji, on);
    } catch (error) {
      this.#wishes.settle(seq, emoji, on);
      throw error;
    } finally {
      this.#events.changed();
    }
  }

  /** Whether the record changed the timeline, or will once one has come to the end of it. */
  receive(record: TimelineRecord): boolean {
    this.#highestSeq = Math.max(this.#highestSeq, record.seq);
    this.#toldSeq = Math.max(this.#toldSeq, record.seq);
    if (changesPins(record)) this.pinChanges++;
    this.#count(record);
    if (record.type === 'reaction' && record.sender.id === this.api.account) this.#wishes.receive(record);
    if (this.#phase === 'unloaded') return false;
    if (this.#phase === 'loading') {
      this.#held.push(record);
      return false;
    }
    this.#quotes.touch(record);
    if (this.#phase === 'apart') return this.#receiveApart(record);
    const outcome = this.timeline.apply(record);
    // A page that came up to the end may have been ahead of what the stream had told of the messages before it.
    if (outcome === 'repeat' && record.seq > this.#streamSeq) this.timeline.touch(record);
    if (outcome === 'hole') {
      this.#held.push(record);
      void this.#fill(record.seq);
    }
    return outcome === 'applied';
  }

  /** The server says that everything up to `seq` was sent. */
  expect(seq: number): void {
    this.#highestSeq = Math.max(this.#highestSeq, seq);
    if (this.#phase === 'live' && seq > this.timeline.lastSeq) void this.#fill(seq);
    if (this.#phase === 'apart' && seq > this.#streamSeq) this.#missed(seq);
  }

  /** Starts the timeline anew from a page that was just read. */
  show(page: HistoryPage): void {
    this.#generation++;
    this.#reset(page);
    this.#becomeLive();
  }

  /** Loads the newest page anew; whatever was loaded before is replaced by it. */
  load(): Promise<void> {
    return this.#load(async (current) => {
      const page = await retrying(() => this.api.getMessages(this.id), current);
      if (current()) this.#reset(page);
    });
  }

  /** Loads the rows around one of the past. Whether there is a message in it that this account may see. */
  async loadAround(seq: number): Promise<boolean> {
    if (!this.timeline.find(seq)) {
      await this.#load(async (current) => {
        const page = await retrying(() => this.api.getMessages(this.id, { around: seq }), current);
        if (!current()) return;
        this.#reset(page);
        this.#apart = true;
      });
    }
    return this.timeline.find(seq) !== undefined;
  }

  /** Forgets the timeline: it no longer follows the stream. */
  unload(): void {
    this.#generation++;
    this.#phase = 'unloaded';
    this.#apart = false;
    this.#held = [];
    this.#quotes.clear();
    this.timeline.reset({ messages: [], changes: [], from_seq: 1, to_seq: 0, cursor: '' });
    this.#events.changed();
  }

  async loadOlder(): Promise<void> {
    if (this.#older === 'loading' || this.#phase === 'unloaded' || this.timeline.firstSeq <= 1) return;
    const generation = this.#generation;
    this.#older = 'loading';
    this.#events.changed();
    try {
      const page = await this.api.getMessages(this.id, { before: this.timeline.firstSeq });
      this.#older = 'idle';
      if (generation === this.#generation) this.timeline.prepend(page);
    } catch {
      this.#older = 'failed';
    }
    this.#events.changed();
  }

  /** From the past towards the end. */
  async loadNewer(): Promise<void> {
    if (this.#phase !== 'apart' || this.#newer === 'loading') return;
    const generation = this.#generation;
    this.#newer = 'loading';
    this.#events.changed();
    try {
      const page = await this.api.getMessages(this.id, { after: this.timeline.lastSeq });
      this.#newer = 'idle';
      if (generation === this.#generation) {
        this.timeline.extend(page);
        this.#takeIn(page);
        this.#joinEnd();
      }
    } catch {
      this.#newer = 'failed';
    }
    this.#events.changed();
  }

  /** What a row is to what is left to read, and to how far others are. */
  #count(record: TimelineRecord): void {
    switch (record.type) {
      case 'message':
        this.mark.meet([record]);
        this.receipts.meet([record]);
        break;
      case 'edit':
        if (!record.superseded) this.mark.change(record.target, record.entities ?? []);
        break;
      case 'delete':
        this.mark.change(record.target, []);
        break;
      case 'hidden':
        if (record.target !== undefined) this.mark.change(record.target, []);
        break;
    }
  }

  /** Messages that came as part of a page. */
  #takeIn({ messages }: HistoryPage): void {
    this.mark.meet(messages);
    this.receipts.meet(messages);
    this.#events.loaded(messages);
  }

  #receiveApart(record: TimelineRecord): boolean {
    if (record.seq <= this.#streamSeq) return false;
    if (record.seq > this.#streamSeq + 1) this.#missed(record.seq);
    this.#streamSeq = record.seq;
    this.timeline.touch(record);
    return true;
  }

  /** Rows were missed, among which may be changes of what is shown. */
  #missed(upTo: number): void {
    this.#streamSeq = upTo;
    const generation = this.#generation;
    this.timeline.missed();
    this.#quotes.clear();
    void this.#restate(() => generation === this.#generation).then(
      () => this.#events.changed(),
      // Shown as it was before.
      () => {},
    );
  }

  /** Where the timeline has reached the end, it follows the stream again. */
  #joinEnd(): void {
    if (this.#phase !== 'apart' || this.timeline.lastSeq < this.#highestSeq) return;
    this.#apart = false;
    this.#phase = 'live';
  }

  #fill(upTo: number): Promise<void> {
    if (upTo - this.timeline.lastSeq > FILL_LIMIT) return this.load();
    return this.#load(async (current) => {
      let unlisted = false;
      for (let more = true; more; ) {
        const after = this.timeline.lastSeq;
        const page = await retrying(() => this.api.getMessages(this.id, { after, limit: FILL_PAGE }), current);
        if (!current()) return;
        unlisted = this.timeline.append(page) || unlisted;
        this.#takeIn(page);
        more = this.timeline.lastSeq > after && this.timeline.lastSeq < upTo;
      }
      if (!unlisted) return;
      this.#quotes.clear();
      await this.#restate(current);
    });
  }

  async #restate(current: () => boolean): Promise<void> {
    const end = this.timeline.lastSeq;
    for (let after = this.timeline.firstSeq - 1; after < end; ) {
      const from = after;
      const page = await retrying(() => this.api.getMessages(this.id, { after: from, limit: FILL_PAGE }), current);
      if (!current() || page.to_seq <= after) return;
      this.timeline.restate(page);
      after = page.to_seq;
    }
  }

  async #load(work: (current: () => boolean) => Promise<void>): Promise<void> {
    const generation = ++this.#generation;
    const current = (): boolean => generation === this.#generation;
    this.#phase = 'loading';
    try {
      await work(current);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (current()) this.unload();
    }
    if (current()) this.#becomeLive();
  }

  #reset(page: HistoryPage): void {
    this.#older = 'idle';
    this.#newer = 'idle';
    this.#apart = false;
    this.#highestSeq = Math.max(this.#highestSeq, page.to_seq);
    this.#quotes.clear();
    this.timeline.reset(page);
    this.#takeIn(page);
  }

  #becomeLive(): void {
    const held = this.#held;
    this.#held = [];
    this.#phase = this.#apart ? 'apart' : 'live';
    // The page is not older than this.
    this.#streamSeq = this.#apart ? (held[0]?.seq ?? this.#highestSeq + 1) - 1 : Number.POSITIVE_INFINITY;
    this.#joinEnd();
    for (const record of held) this.receive(record);
    this.expect(this.#highestSeq);
    this.#events.changed();
  }
}

const changesPins = ({ type }: TimelineRecord): boolean => type !== 'message' && type !== 'reaction' && type !== 'members' && type !== 'conversation_changed';

const timeOf = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));
