import type { Api } from './api.ts';
import { retrying } from './request.ts';
import type { Record as EventRecord } from './wire.ts';

/** Whom the account blocks. Nothing is known of them until they were asked for. */
export class Blocks {
  readonly #api: Api;
  readonly #changed: () => void;
  readonly #ids = new Set<string>();
  #asked: Promise<void> | undefined;
  #settled = false;
  /** Counts the changes that came over the stream. */
  changes = 0;

  constructor(api: Api, changed: () => void) {
    this.#api = api;
    this.#changed = changed;
  }

  has(account: string | undefined): boolean {
    return account !== undefined && this.#ids.has(account);
  }

  /** Whether they were asked for, and the answer has come, whatever it was. */
  get settled(): boolean {
    return this.#settled;
  }

  /** Asks for them, once. */
  load(wanted: () => boolean): Promise<void> {
    this.#asked ??= this.#load(wanted)
      .catch(() => {
        this.#asked = undefined;
      })
      .finally(() => {
        this.#settled = true;
        this.#changed();
      });
    return this.#asked;
  }

  /** What was known is old: it is asked for again. */
  reload(wanted: () => boolean): Promise<void> {
    this.#asked = undefined;
    return this.load(wanted);
  }

  receive(record: Extract<EventRecord, { type: 'block' }>): void {
    this.changes++;
    this.put(record.blocked, record.change === 'blocked');
  }

  put(account: string, blocked: boolean): void {
    if (blocked) this.#ids.add(account);
    else this.#ids.delete(account);
    this.#changed();
  }

  async #load(wanted: () => boolean): Promise<void> {
    // What changes while the pages are on their way is asked for again.
    for (let known = -1; known !== this.changes; ) {
      known = this.changes;
      const ids: string[] = [];
      for (let after: string | null | undefined; after !== null; ) {
        const from = after;
        const page = await retrying(() => this.#api.getBlocks(from), wanted);
        ids.push(...page.blocks.map(({ id }) => id));
        after = page.next;
      }
      this.#ids.clear();
      for (const id of ids) this.#ids.add(id);
    }
  }
}
