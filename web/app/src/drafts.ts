import { Latest } from './latest.ts';
import { ApiError } from './request.ts';
import type { KeyValueStore } from './storage.ts';
import type { DraftCard } from './wire.ts';

const EVERY_MS = 2_000;
const encoder = new TextEncoder();

export interface DraftsOptions {
  store: KeyValueStore;
  /** Where this browser keeps what was begun in a conversation. */
  key(conversation: string): string;
  /** Which of the account's devices this is. */
  device(): Promise<string>;
  put(conversation: string, device: string, text: string): Promise<unknown>;
  /** Bytes of UTF-8 that a draft has at most. */
  maxBytes(): number;
  changed(): void;
}

/**
 * What the account's devices have begun to write. Of this one the browser's own memory counts, and the server gets a copy for the
 * others; what others have begun is offered here, and takes the place of nothing.
 */
export class Drafts {
  readonly #options: DraftsOptions;
  readonly #cards = new Map<string, Map<string, DraftCard>>();
  readonly #copies = new Map<string, Latest<string>>();
  readonly #refusals = new Map<string, string>();
  #device: string | undefined;
  #asking = false;
  #stopped = false;

  constructor(options: DraftsOptions) {
    this.#options = options;
  }

  /** What this device has begun. */
  own(conversation: string): string {
    return this.#options.store.get(this.#options.key(conversation)) ?? '';
  }

  /** What other devices have begun; nothing before it is known which this one is. */
  others(conversation: string): DraftCard[] {
    const device = this.#device;
    if (device === undefined) return [];
    return [...(this.#cards.get(conversation)?.values() ?? [])].filter((card) => card.device !== device && card.text !== '');
  }

  /** What is to be seen of drafts where nothing is being written: this device's first. */
  shown(conversation: string): string {
    const own = this.own(conversation);
    return own.trim() !== '' ? own : (this.others(conversation)[0]?.text ?? '');
  }

  /** Why the server keeps no copy. */
  refusal(conversation: string): string {
    return this.#refusals.get(conversation) ?? '';
  }

  /** This device has begun something else there; it is kept here already. */
  write(conversation: string, text: string): void {
    // What is too long cannot be sent either.
    if (encoder.encode(text).length > this.#options.maxBytes()) return;
    this.#copy(conversation).put(text);
  }

  /** Takes away what another device has begun. */
  async discard(conversation: string, device: string): Promise<void> {
    await this.#options.put(conversation, device, '');
    const card = this.#cards.get(conversation)?.get(device);
    // The record of it counts on from there.
    if (card) this.#cards.get(conversation)?.set(device, { ...card, text: '' });
    this.#options.changed();
  }

  /** What a record says. Whether it is of this device, and was taken away by another one. */
  receive(conversation: string, card: DraftCard): boolean {
    const cards = this.#cards.get(conversation) ?? new Map<string, DraftCard>();
    if (card.version <= (cards.get(card.device)?.version ?? 0)) return false;
    cards.set(card.device, card);
    this.#cards.set(conversation, cards);
    if (this.#device === undefined) this.#meet();
    return card.device === this.#device && card.text === '' && this.#taken(conversation);
  }

  /** What a snapshot says: all that there is, but for what is known better. */
  take(conversation: string, cards: readonly DraftCard[]): void {
    const before = this.#cards.get(conversation);
    const now = cards.map((card) => {
      const known = before?.get(card.device);
      return known && known.version > card.version ? known : card;
    });
    this.#cards.set(conversation, new Map(now.map((card) => [card.device, card])));
    if (cards.length > 0 || this.own(conversation) !== '') this.#meet();
  }

  wake(): void {
    for (const copy of this.#copies.values()) copy.wake();
    if (this.#device === undefined && [...this.#cards.values()].some(({ size }) => size > 0)) this.#meet();
  }

  /** The page may be left. */
  flush(): void {
    for (const copy of this.#copies.values()) copy.flush();
  }

  stop(): void {
    this.#stopped = true;
    for (const copy of this.#copies.values()) copy.stop();
  }

  /** Another device has taken over what this one had begun, and nothing was written here since. */
  #taken(conversation: string): boolean {
    const copy = this.#copies.get(conversation);
    const own = this.own(conversation);
    if (own === '' || copy === undefined || copy.pending || copy.told !== own) return false;
    this.#options.store.remove(this.#options.key(conversation));
    copy.learn('');
    return true;
  }

  #copy(conversation: string): Latest<string> {
    const known = this.#copies.get(conversation);
    if (known) return known;
    const told = this.#device === undefined ? undefined : this.#cards.get(conversation)?.get(this.#device)?.text;
    const copy = new Latest<string>(
      {
        everyMs: EVERY_MS,
        firstMs: EVERY_MS,
        tell: async (text) => {
          const device = this.#device ?? (await this.#options.device());
          this.#device = device;
          await this.#options.put(conversation, device, text);
          this.#refused(conversation, '');
        },
        refused: ({ message }) => this.#refused(conversation, message),
      },
      told ?? '',
    );
    this.#copies.set(conversation, copy);
    return copy;
  }

  #refused(conversation: string, sentence: string): void {
    if (this.refusal(conversation) === sentence) return;
    if (sentence === '') this.#refusals.delete(conversation);
    else this.#refusals.set(conversation, sentence);
    this.#options.changed();
  }

  /** Learns which device this is, and mends the copies of what it has begun or sent while nothing could be told. */
  #meet(): void {
    if (this.#device !== undefined) {
      this.#mend();
      return;
    }
    if (this.#asking || this.#stopped) return;
    this.#asking = true;
    void this.#options
      .device()
      .then((device) => {
        this.#device = device;
        this.#mend();
        this.#options.changed();
      })
      // It is asked again with the next record, or the next connection.
      .catch((error: unknown) => {
        if (!(error instanceof ApiError)) throw error;
      })
      .finally(() => (this.#asking = false));
  }

  #mend(): void {
    for (const [conversation, cards] of this.#cards) {
      if (this.#copies.has(conversation)) continue;
      const copied = cards.get(this.#device ?? '')?.text ?? '';
      const own = this.own(conversation);
      if (copied === own) continue;
      this.write(conversation, own);
    }
  }
}
