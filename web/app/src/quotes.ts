import { changed, emptied } from './message-change.ts';
import type { TimelineRecord } from './timeline.ts';
import type { HistoryMessage } from './wire.ts';

const ASKED_AT_ONCE = 50;

/** A message that is answered; `absent` is one that there is not, or not for this account. */
export type Quoted = HistoryMessage | 'absent';

/** Single messages that are not in the timeline as far as it is loaded: those that others answer. They are asked for as they are wanted. */
export class Quotes {
  readonly #me: string;
  readonly #read: (seqs: number[]) => Promise<readonly HistoryMessage[]>;
  readonly #changed: () => void;
  readonly #known = new Map<number, Quoted>();
  readonly #asked = new Set<number>();
  #wanted: number[] = [];
  #generation = 0;

  constructor(me: string, read: (seqs: number[]) => Promise<readonly HistoryMessage[]>, changed: () => void) {
    this.#me = me;
    this.#read = read;
    this.#changed = changed;
  }

  /** What is known of a message; nothing until it has come. */
  get(seq: number): Quoted | undefined {
    if (!this.#known.has(seq) && !this.#asked.has(seq)) {
      this.#asked.add(seq);
      this.#wanted.push(seq);
      // One question for all that are wanted by the same drawing.
      if (this.#wanted.length === 1) queueMicrotask(() => void this.#ask());
    }
    return this.#known.get(seq);
  }

  /** Takes over what a row says of the messages that are here. */
  touch(record: TimelineRecord): void {
    if (record.type === 'erased') {
      for (const [seq, message] of this.#known) {
        if (message !== 'absent' && message.sender.id === record.sender.id) this.#known.set(seq, { ...emptied(message), sender: record.sender });
      }
    } else if (record.type === 'hidden') {
      if (record.target !== undefined) this.#known.set(record.target, 'absent');
    } else if (record.type === 'delete' || record.type === 'edit' || record.type === 'reaction' || record.type === 'pin') {
      const message = this.#known.get(record.target);
      if (message !== undefined && message !== 'absent') this.#known.set(record.target, changed(message, record, this.#me));
      // What is on its way may be older than this.
      else if (message === undefined) this.#asked.delete(record.target);
    }
  }

  /** Rows were missed: all of it is asked for anew. */
  clear(): void {
    this.#generation++;
    this.#known.clear();
    this.#asked.clear();
    this.#wanted = [];
  }

  async #ask(): Promise<void> {
    const wanted = this.#wanted;
    this.#wanted = [];
    for (let from = 0; from < wanted.length; from += ASKED_AT_ONCE) await this.#askFor(wanted.slice(from, from + ASKED_AT_ONCE));
  }

  async #askFor(seqs: number[]): Promise<void> {
    const generation = this.#generation;
    // One that fails is not asked for again until the timeline is loaded anew: the message itself can be read without it.
    const messages = await this.#read(seqs).catch(() => undefined);
    if (!messages || generation !== this.#generation) return;
    for (const seq of seqs) {
      if (this.#asked.has(seq) && !this.#known.has(seq)) this.#known.set(seq, messages.find((message) => message.seq === seq) ?? 'absent');
    }
    this.#changed();
  }
}
