import { ApiError, getMessages, retrying } from './api.ts';
import { local, storageKey } from './storage.ts';
import { Timeline, type TimelineRecord } from './timeline.ts';
import type { HistoryMessage, HistoryPage, Role } from './wire.ts';

const FILL_PAGE = 200;
// A larger hole is not filled row by row: the newest page is what people want to see.
const FILL_LIMIT = 500;

export interface ConversationFacts {
  id: string;
  /** Of a room. */
  slug?: string;
  role: Role;
  lookalike?: boolean;
}

export interface ConversationEvents {
  changed(): void;
  /** Messages that came as part of a page, not one by one from the stream. */
  loaded(messages: readonly HistoryMessage[]): void;
}

/** One room of the account: its place in the list always, its timeline once it has been opened. */
export class Conversation {
  readonly id: string;
  readonly timeline = new Timeline();
  readonly #events: ConversationEvents;
  /** Empty if it is no room. */
  slug: string;
  role: Role;
  lookalike: boolean;
  /** The higher, the later something happened here. */
  activity = 0;
  #messageCount: number | undefined;
  #phase: 'unloaded' | 'loading' | 'live' = 'unloaded';
  // Records that came while a page was on its way; `seq` sorts out which of them are still news.
  #held: TimelineRecord[] = [];
  // The last row that this page has heard of, also while no timeline was loaded.
  #highestSeq = 0;
  #generation = 0;
  #older: 'idle' | 'loading' | 'failed' = 'idle';

  constructor(facts: ConversationFacts, events: ConversationEvents) {
    this.id = facts.id;
    this.slug = facts.slug ?? '';
    this.role = facts.role;
    this.lookalike = facts.lookalike ?? false;
    this.#events = events;
  }

  get loaded(): boolean {
    return this.timeline.lastSeq > 0 || this.#phase === 'live';
  }

  get older(): 'idle' | 'loading' | 'failed' {
    return this.#older;
  }

  get unread(): number {
    const read = local.get(storageKey.read(this.id));
    return read === undefined ? 0 : Math.max(0, (this.#messageCount ?? 0) - Number(read));
  }

  markRead(): void {
    if (this.#messageCount === undefined) return;
    const count = String(this.#messageCount);
    if (local.get(storageKey.read(this.id)) !== count) local.set(storageKey.read(this.id), count);
  }

  /** The number of messages so far. What was there before this browser first saw the room does not count as unread. */
  countMessages(count: number, readBefore: number): void {
    if (local.get(storageKey.read(this.id)) === undefined) local.set(storageKey.read(this.id), String(readBefore));
    this.#messageCount = Math.max(this.#messageCount ?? 0, count);
  }

  /** Whether the record changed the timeline. */
  receive(record: TimelineRecord): boolean {
    this.#highestSeq = Math.max(this.#highestSeq, record.seq);
    if (this.#phase === 'unloaded') return false;
    if (this.#phase === 'loading') {
      this.#held.push(record);
      return false;
    }
    const outcome = this.timeline.apply(record);
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
      const page = await retrying(() => getMessages(this.id), current);
      if (current()) this.#reset(page);
    });
  }

  /** Forgets the timeline: it no longer follows the stream. */
  unload(): void {
    this.#generation++;
    this.#phase = 'unloaded';
    this.#held = [];
    this.timeline.reset({ messages: [], from_seq: 1, to_seq: 0, cursor: '' });
    this.#events.changed();
  }

  async loadOlder(): Promise<void> {
    if (this.#older === 'loading' || this.#phase === 'unloaded' || this.timeline.firstSeq <= 1) return;
    const generation = this.#generation;
    this.#older = 'loading';
    this.#events.changed();
    try {
      const page = await getMessages(this.id, { before: this.timeline.firstSeq });
      this.#older = 'idle';
      if (generation === this.#generation) this.timeline.prepend(page);
    } catch {
      this.#older = 'failed';
    }
    this.#events.changed();
  }

  #fill(upTo: number): Promise<void> {
    if (upTo - this.timeline.lastSeq > FILL_LIMIT) return this.load();
    return this.#load(async (current) => {
      let unlisted = false;
      for (let more = true; more; ) {
        const after = this.timeline.lastSeq;
        const page = await retrying(() => getMessages(this.id, { after, limit: FILL_PAGE }), current);
        if (!current()) return;
        unlisted = this.timeline.append(page) || unlisted;
        this.#events.loaded(page.messages);
        more = this.timeline.lastSeq > after && this.timeline.lastSeq < upTo;
      }
      if (unlisted) await this.#restate(current);
    });
  }

  async #restate(current: () => boolean): Promise<void> {
    const end = this.timeline.lastSeq;
    for (let after = this.timeline.firstSeq - 1; after < end; ) {
      const from = after;
      const page = await retrying(() => getMessages(this.id, { after: from, limit: FILL_PAGE }), current);
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
    this.timeline.reset(page);
    this.#events.loaded(page.messages);
  }

  #becomeLive(): void {
    this.#phase = 'live';
    const held = this.#held;
    this.#held = [];
    for (const record of held) this.receive(record);
    this.expect(this.#highestSeq);
    this.#events.changed();
  }
}
