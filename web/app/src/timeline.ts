import type { HistoryMessage, HistoryPage, Record as EventRecord } from './wire.ts';

/** The records that take a row. */
export type TimelineRecord = Extract<EventRecord, { type: 'message' | 'delete' | 'erased' | 'hidden' | 'members' | 'conversation_changed' }>;

/** What happened at a row that is not a message. Pages do not tell it: it is known of what came while one was there. */
export interface Notice {
  seq: number;
  sentAt: string;
  text: string;
}

// Of a group in which people come and go all day only the newest are kept.
const NOTICES_MAX = 200;

/** A contiguous stretch of one conversation, from `firstSeq` to `lastSeq`, both included. */
export class Timeline {
  #messages: HistoryMessage[] = [];
  #notices: Notice[] = [];
  #firstSeq = 1;
  #lastSeq = 0;
  // A page asked for before a deletion may arrive after it, with the message still in it.
  readonly #deleted = new Set<number>();
  /** Of each account that was deleted the row up to which its messages are. */
  readonly #erased = new Map<string, number>();

  get messages(): readonly HistoryMessage[] {
    return this.#messages;
  }

  get notices(): readonly Notice[] {
    return this.#notices;
  }

  get firstSeq(): number {
    return this.#firstSeq;
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** `hole`: something between `lastSeq` and the record is missing, and the record was not applied. */
  apply(record: TimelineRecord): 'applied' | 'repeat' | 'hole' {
    if (record.seq <= this.#lastSeq) return 'repeat';
    if (record.seq > this.#lastSeq + 1) return 'hole';
    this.#lastSeq = record.seq;
    if (record.type === 'message') this.#messages.push(record);
    if (record.type === 'delete') this.#delete(record.target);
    if (record.type === 'erased') {
      this.#erased.set(record.sender.id, record.seq);
      this.#messages = this.#asKnown(this.#messages).map((message) =>
        message.sender.id === record.sender.id ? { ...message, sender: record.sender } : message,
      );
    }
    return 'applied';
  }

  /** Says what the last applied row was about. */
  note(notice: Notice): void {
    this.#notices = [...this.#notices, notice].slice(-NOTICES_MAX);
  }

  /** Starts anew from a page, usually the newest one. */
  reset(page: HistoryPage): void {
    this.#deleted.clear();
    this.#erased.clear();
    this.#messages = page.messages.slice();
    this.#notices = [];
    this.#firstSeq = page.from_seq;
    this.#lastSeq = page.to_seq;
  }

  /**
   * Adds what follows `lastSeq`. Says whether the page stands for rows that it does not list: among them may be
   * deletions of messages that are already here.
   */
  append(page: HistoryPage): boolean {
    const messages = page.messages.filter((message) => message.seq > this.#lastSeq);
    const covered = Math.max(0, page.to_seq - this.#lastSeq);
    this.#messages.push(...this.#asKnown(messages));
    this.#lastSeq = Math.max(this.#lastSeq, page.to_seq);
    return messages.length < covered;
  }

  /** Adds what comes before `firstSeq`; false if there is nothing. */
  prepend(page: HistoryPage): boolean {
    const messages = page.messages.filter((message) => message.seq < this.#firstSeq);
    const grew = page.from_seq < this.#firstSeq;
    this.#messages = [...this.#asKnown(messages), ...this.#messages];
    this.#firstSeq = grew ? page.from_seq : 1;
    return grew;
  }

  /** Takes over the present state of messages that are already here. */
  restate(page: HistoryPage): void {
    for (const message of page.messages) if (message.deleted) this.#delete(message.seq);
  }

  /** Forgets the oldest messages beyond `count`; they can be loaded again. */
  keepNewest(count: number): void {
    const oldest = this.#messages.at(-count);
    if (oldest === undefined || this.#messages.length === count) return;
    this.#messages = this.#messages.slice(-count);
    this.#firstSeq = oldest.seq;
    this.#notices = this.#notices.filter(({ seq }) => seq >= oldest.seq);
  }

  #delete(seq: number): void {
    this.#deleted.add(seq);
    this.#messages = this.#asKnown(this.#messages);
  }

  #asKnown(messages: HistoryMessage[]): HistoryMessage[] {
    return messages.map((message) => {
      const gone = this.#deleted.has(message.seq) || message.seq < (this.#erased.get(message.sender.id) ?? 0);
      return gone && !message.deleted ? { ...message, text: '', deleted: true } : message;
    });
  }
}
