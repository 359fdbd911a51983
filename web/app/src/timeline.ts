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

/** A contiguous stretch of one conversation, from `firstSeq` to `lastSeq`, both included. */
export class Timeline {
  #messages: HistoryMessage[] = [];
  #changes: Change[] = [];
  #firstSeq = 1;
  #lastSeq = 0;
  // A page asked for before a deletion may arrive after it, with the message still in it.
  readonly #deleted = new Set<number>();
  /** Of each account that was deleted the row up to which its messages are. */
  readonly #erased = new Map<string, number>();

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

  /** `hole`: something between `lastSeq` and the record is missing, and the record was not applied. */
  apply(record: TimelineRecord): 'applied' | 'repeat' | 'hole' {
    if (record.seq <= this.#lastSeq) return 'repeat';
    if (record.seq > this.#lastSeq + 1) return 'hole';
    this.#lastSeq = record.seq;
    if (record.type === 'message') this.#messages.push(record);
    if (record.type === 'delete') this.#delete(record.target);
    if (record.type === 'edit') this.#edit(record);
    if (record.type === 'hidden') this.#messages = this.#messages.filter(({ seq }) => seq !== record.target);
    if (record.type === 'erased') {
      this.#erased.set(record.sender.id, record.seq);
      this.#messages = this.#asKnown(this.#messages).map((message) =>
        message.sender.id === record.sender.id ? { ...message, sender: record.sender } : message,
      );
    }
    if (record.type === 'members' || record.type === 'conversation_changed') this.#changes.push(record);
    return 'applied';
  }

  /** Starts anew from a page, usually the newest one. */
  reset(page: HistoryPage): void {
    this.#deleted.clear();
    this.#erased.clear();
    this.#messages = page.messages.slice();
    this.#changes = page.changes.slice();
    this.#firstSeq = page.from_seq;
    this.#lastSeq = page.to_seq;
  }

  /**
   * Adds what follows `lastSeq`. Says whether the page stands for rows that it does not list: among them may be
   * deletions of messages that are already here.
   */
  append(page: HistoryPage): boolean {
    const messages = page.messages.filter(({ seq }) => seq > this.#lastSeq);
    const changes = page.changes.filter(({ seq }) => seq > this.#lastSeq);
    const covered = Math.max(0, page.to_seq - this.#lastSeq);
    this.#messages.push(...this.#asKnown(messages));
    this.#changes.push(...changes);
    this.#lastSeq = Math.max(this.#lastSeq, page.to_seq);
    return messages.length + changes.length < covered;
  }

  /** Adds what comes before `firstSeq`; false if there is nothing. */
  prepend(page: HistoryPage): boolean {
    const messages = page.messages.filter(({ seq }) => seq < this.#firstSeq);
    const changes = page.changes.filter(({ seq }) => seq < this.#firstSeq);
    const grew = page.from_seq < this.#firstSeq;
    this.#messages = [...this.#asKnown(messages), ...this.#messages];
    this.#changes = [...changes, ...this.#changes];
    this.#firstSeq = grew ? page.from_seq : 1;
    return grew;
  }

  /** Takes over the present state of messages that are already here. */
  restate(page: HistoryPage): void {
    for (const message of page.messages) if (message.deleted) this.#delete(message.seq);
    const now = new Map(page.messages.map((message) => [message.seq, message]));
    this.#messages = this.#asKnown(this.#messages.map((message) => now.get(message.seq) ?? message));
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

  #edit({ target, text, entities, sent_at, superseded, deleted }: Extract<EventRecord, { type: 'edit' }>): void {
    if (deleted) {
      this.#delete(target);
      return;
    }
    if (superseded) return;
    this.#messages = this.#messages.map((message) =>
      message.seq === target && !message.deleted ? { ...message, text, entities: entities ?? [], edited_at: sent_at } : message,
    );
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
