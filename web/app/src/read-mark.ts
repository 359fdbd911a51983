import { calls } from './mentions.ts';
import type { Entity, HistoryMessage, Marker, MarkerCard } from './wire.ts';

type Told = Pick<HistoryMessage, 'seq' | 'n' | 'sender' | 'entities' | 'deleted'>;

/** How far an account has read a conversation, and so what is left. It never goes back. */
export class ReadMark {
  readonly #me: string;
  #version = 0;
  #seq = 0;
  /** Messages up to `#seq`; not known at first of what the account has come into. */
  #n: number | undefined;
  /** Messages so far. */
  #count = 0;
  #markedFrom: number | undefined;
  /** The row up to which `#mentions` stands for all; later messages are in `#calls`. */
  #countedTo = 0;
  #mentions = 0;
  /** Of messages after the marker: which name the account. */
  readonly #calls = new Map<number, boolean>();

  constructor(me: string) {
    this.#me = me;
  }

  /** The row up to which all is read. */
  get seq(): number {
    return this.#seq;
  }

  /** Messages of others that were not read. */
  get unread(): number {
    return Math.max(0, this.#count - (this.#n ?? this.#count));
  }

  /** Of these, how many name the account. */
  get mentions(): number {
    const later = [...this.#calls.values()].filter(Boolean).length;
    return Math.min(this.unread, this.#mentions + later);
  }

  /** The row from which on it is to be seen as unread, whatever was read. */
  get markedFrom(): number | undefined {
    return this.#markedFrom;
  }

  /** How many messages there were so far. */
  get count(): number {
    return this.#count;
  }

  /** The row after which all is new; nothing if all was read. */
  get newAfter(): number | undefined {
    if (this.unread > 0) return this.#markedFrom === undefined ? this.#seq : Math.min(this.#seq, this.#markedFrom - 1);
    return this.#markedFrom === undefined ? undefined : this.#markedFrom - 1;
  }

  /** What a snapshot says, which stands for everything up to a row and so many messages. */
  take({ version, ...marker }: MarkerCard, seq: number, count: number): void {
    this.#count = Math.max(this.#count, count);
    if (version >= this.#version) this.#become(marker, version, seq);
  }

  /** What a record says, before which everything up to a row has come. */
  receive(marker: Marker, version: number, seq: number): void {
    if (version <= this.#version) return;
    this.#become(marker, version, seq);
  }

  /** The account has come in: what was before is nothing that it has not read. */
  begin(fromSeq: number): void {
    if (this.#n === undefined) this.#seq = Math.max(this.#seq, fromSeq - 1);
  }

  /** Messages of a page or of the stream, oldest first. What comes twice changes nothing. */
  meet(messages: readonly Told[]): void {
    const [first] = messages;
    if (first === undefined) return;
    this.#n ??= messages.findLast(({ seq }) => seq <= this.#seq)?.n ?? first.n - 1;
    for (const message of messages) this.#meet(message);
  }

  /** A message says something else, or nothing any more. Of those that were counted by the server only is not known what they said. */
  change(seq: number, entities: readonly Entity[]): void {
    if (this.#calls.has(seq)) this.#calls.set(seq, calls(entities, this.#me));
    else if (seq > this.#seq && this.#mentions === 0 && calls(entities, this.#me)) this.#calls.set(seq, true);
  }

  /** All is read up to a row which is the last. Whether that is news. */
  read(seq: number): boolean {
    if (this.unread === 0 && this.#markedFrom === undefined) return false;
    this.#markedFrom = undefined;
    if (this.#n !== undefined) this.#move(seq, this.#count);
    return true;
  }

  /** Everything from a row on is to be seen as unread. */
  mark(seq: number): void {
    this.#markedFrom = seq;
  }

  #meet({ seq, n, sender, entities, deleted }: Told): void {
    this.#count = Math.max(this.#count, n);
    if (sender.id === this.#me) this.#move(seq, n);
    else if (seq > this.#seq && seq > this.#countedTo) this.#calls.set(seq, !deleted && calls(entities ?? [], this.#me));
  }

  #become({ read_seq, read_n, unread, mentions, marked_unread_from }: Marker, version: number, seq: number): void {
    this.#version = version;
    this.#markedFrom = marked_unread_from;
    this.#count = Math.max(this.#count, read_n + unread);
    if (this.#n !== undefined && read_n < this.#n) return;
    this.#seq = Math.max(this.#seq, read_seq);
    this.#n = read_n;
    this.#mentions = mentions;
    this.#countedTo = Math.max(seq, this.#seq);
    for (const known of this.#calls.keys()) if (known <= this.#countedTo) this.#calls.delete(known);
  }

  #move(seq: number, n: number): void {
    if (n < (this.#n ?? 0)) return;
    this.#seq = Math.max(this.#seq, seq);
    this.#n = n;
    if (seq >= this.#countedTo) this.#mentions = 0;
    for (const known of this.#calls.keys()) if (known <= seq) this.#calls.delete(known);
  }
}
