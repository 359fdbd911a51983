import { changed, emptied, type MessageChange } from './message-change.ts';
import type { HistoryChange, HistoryMessage, HistoryPage, Record as EventRecord, SettingsCard } from './wire.ts';

/** Of a change of the settings: what they were before, where that is known. */
interface Before {
  before?: SettingsCard;
}

/** The records that take a row. */
export type TimelineRecord =
  | Extract<EventRecord, { type: 'message' | 'delete' | 'edit' | 'reaction' | 'pin' | 'erased' | 'hidden' | 'members' }>
  | (Extract<EventRecord, { type: 'conversation_changed' }> & Before);

/** A row that tells what became of members or settings. */
export type Change = HistoryChange & Before;

// What is said of messages that are not here is needed by pages that are on their way, and these are few.
const LATE_MAX = 1_000;

/** A contiguous stretch of one conversation, from `firstSeq` to `lastSeq`, both included, as one account sees it. */
export class Timeline {
  readonly #me: string;
  #messages: HistoryMessage[] = [];
  #changes: Change[] = [];
  #firstSeq = 1;
  #lastSeq = 0;
  // A page asked for before a deletion may arrive after it, with the message still in it.
  readonly #deleted = new Set<number>();
  /** Messages that are not for this account any more. */
  readonly #hidden = new Set<number>();
  /** Of each account that was deleted the row up to which its messages are. */
  readonly #erased = new Map<string, number>();
  /** What was said of messages that were not here, in order. */
  #late: MessageChange[] = [];

  constructor(me = '') {
    this.#me = me;
  }

  get messages(): readonly HistoryMessage[] {
    return this.#messages;
  }

  get changes(): readonly Change[] {
    return this.#changes;
  }

  /** How many rows are kept here. */
  get size(): number {
    return this.#messages.length + this.#changes.length;
  }

  get firstSeq(): number {
    return this.#firstSeq;
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  find(seq: number): HistoryMessage | undefined {
    return this.#messages[this.#indexOf(seq)];
  }

  /** `hole`: something between `lastSeq` and the record is missing, and the record was not applied. */
  apply(record: TimelineRecord): 'applied' | 'repeat' | 'hole' {
    if (record.seq <= this.#lastSeq) return 'repeat';
    if (record.seq > this.#lastSeq + 1) return 'hole';
    this.#lastSeq = record.seq;
    if (record.type === 'message') this.#messages.push(record);
    if (record.type === 'members' || record.type === 'conversation_changed') this.#changes.push(record);
    this.touch(record);
    return 'applied';
  }

  /** Takes over what a row says of the messages that are here, wherever the row itself is. */
  touch(record: TimelineRecord): void {
    switch (record.type) {
      case 'delete':
        this.#delete(record.target);
        break;
      case 'edit':
      case 'reaction':
      case 'pin':
        this.#change(record);
        break;
      case 'hidden':
        if (record.target === undefined) break;
        this.#hidden.add(record.target);
        this.#messages = this.#asKnown(this.#messages);
        break;
      case 'erased':
        this.#erased.set(record.sender.id, record.seq);
        this.#messages = this.#asKnown(this.#messages).map((message) =>
          message.sender.id === record.sender.id ? { ...message, sender: record.sender } : message,
        );
        break;
    }
  }

  /** Starts anew from a page, usually the newest one. */
  reset(page: HistoryPage): void {
    this.#deleted.clear();
    this.#hidden.clear();
    this.#erased.clear();
    this.#late = [];
    this.#messages = page.messages.slice();
    this.#changes = page.changes.slice();
    this.#firstSeq = page.from_seq;
    this.#lastSeq = page.to_seq;
  }

  /**
   * Adds what follows `lastSeq` and did not come over the stream. Says whether the page stands for rows that it does not
   * list: among them may be changes of messages that are already here.
   */
  append(page: HistoryPage): boolean {
    const covered = Math.max(0, page.to_seq - this.#lastSeq);
    const unlisted = this.#addAfter(page) < covered;
    if (unlisted) this.missed();
    return unlisted;
  }

  /** Rows were missed. What was said of messages that are not here may have been said otherwise since. */
  missed(): void {
    this.#late = [];
  }

  /** Adds what follows `lastSeq`, while the stream tells what becomes of all messages. */
  extend(page: HistoryPage): void {
    this.#addAfter(page);
  }

  /** Adds what comes before `firstSeq`; false if there is nothing. */
  prepend(page: HistoryPage): boolean {
    const messages = page.messages.filter(({ seq }) => seq < this.#firstSeq);
    const changes = page.changes.filter(({ seq }) => seq < this.#firstSeq);
    const grew = page.from_seq < this.#firstSeq;
    this.#messages = [...this.#upToDate(messages), ...this.#messages];
    this.#changes = [...changes, ...this.#changes];
    this.#firstSeq = grew ? page.from_seq : 1;
    return grew;
  }

  /** Takes over the present state of messages that are already here. */
  restate(page: HistoryPage): void {
    for (const message of page.messages) if (message.deleted) this.#delete(message.seq);
    const now = new Map(page.messages.map((message) => [message.seq, message]));
    // What a page covers and does not list is not for this account any more.
    const present = this.#messages.filter(({ seq }) => seq < page.from_seq || seq > page.to_seq || now.has(seq));
    this.#messages = this.#asKnown(present.map((message) => now.get(message.seq) ?? message));
  }

  /** Forgets the oldest rows beyond `count`; they can be loaded again. */
  keepNewest(count: number): void {
    if (this.size <= count) return;
    const seqs = [...this.#messages, ...this.#changes].map(({ seq }) => seq).sort((a, b) => a - b);
    const oldest = seqs.at(-count) ?? this.#firstSeq;
    this.#messages = this.#messages.filter(({ seq }) => seq >= oldest);
    this.#changes = this.#changes.filter(({ seq }) => seq >= oldest);
    this.#firstSeq = oldest;
  }

  /** How many rows of the page were added. */
  #addAfter(page: HistoryPage): number {
    const messages = page.messages.filter(({ seq }) => seq > this.#lastSeq);
    const changes = page.changes.filter(({ seq }) => seq > this.#lastSeq);
    this.#messages.push(...this.#upToDate(messages));
    this.#changes.push(...changes);
    this.#lastSeq = Math.max(this.#lastSeq, page.to_seq);
    return messages.length + changes.length;
  }

  #change(record: MessageChange): void {
    const index = this.#indexOf(record.target);
    const message = this.#messages[index];
    if (message) this.#messages[index] = changed(message, record, this.#me);
    else if (this.#late.push(record) > LATE_MAX) this.#late.shift();
  }

  #delete(seq: number): void {
    this.#deleted.add(seq);
    this.#messages = this.#asKnown(this.#messages);
  }

  /** Messages of a page, with what the stream has said of them since it was asked for. */
  #upToDate(messages: HistoryMessage[]): HistoryMessage[] {
    const seqs = new Set(messages.map(({ seq }) => seq));
    const late = this.#late.filter(({ target }) => seqs.has(target));
    this.#late = this.#late.filter(({ target }) => !seqs.has(target));
    return this.#asKnown(messages).map((message) =>
      late.reduce((now, change) => (change.target === now.seq ? changed(now, change, this.#me) : now), message),
    );
  }

  #asKnown(messages: HistoryMessage[]): HistoryMessage[] {
    return messages
      .filter(({ seq }) => !this.#hidden.has(seq))
      .map((message) => {
        const gone = this.#deleted.has(message.seq) || message.seq < (this.#erased.get(message.sender.id) ?? 0);
        return gone && !message.deleted ? emptied(message) : message;
      });
  }

  /** Where a message is, or -1. */
  #indexOf(seq: number): number {
    let low = 0;
    let high = this.#messages.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#messages[middle]?.seq ?? seq) < seq) low = middle + 1;
      else high = middle;
    }
    return this.#messages[low]?.seq === seq ? low : -1;
  }
}
