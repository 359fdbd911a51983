import type { Conversation } from './conversation.ts';
import type { Presence } from './signals.ts';
import type { PresentPage } from './wire.ts';

const PAGES_READ = 5;
const PAGE_GUESTS = 200;
// In a busy room the number changes all the time.
const EVERY_MS = 5_000;

const HERE: Presence = { status: 'online', lastSeenAt: undefined };

/** Which members of a room are there, the first 1,000 of them: read anew when their number has changed. */
export class RoomGuests {
  readonly #room: Conversation;
  readonly #changed: () => void;
  #here: ReadonlySet<string> = new Set();
  #count: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  /** `count` is how many there are, as far as that is known. */
  constructor(room: Conversation, count: number | undefined, changed: () => void) {
    this.#room = room;
    this.#count = count;
    this.#changed = changed;
    void this.#read();
  }

  /** Nothing is known of those who are not there. */
  presenceOf(account: string): Presence | undefined {
    return this.#here.has(account) ? HERE : undefined;
  }

  /** Takes over how many there are. */
  draw(count: number | undefined): void {
    if (count === this.#count || this.#stopped) return;
    this.#count = count;
    this.#timer ??= setTimeout(() => void this.#read(), EVERY_MS);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #read(): Promise<void> {
    this.#timer = undefined;
    try {
      const here: string[] = [];
      let after: string | null | undefined;
      for (let page = 0; page < PAGES_READ && after !== null; page++) {
        const read: PresentPage = await this.#room.api.getPresent(this.#room.id, after, PAGE_GUESTS);
        here.push(...read.accounts.map(({ id }) => id));
        after = read.next;
      }
      this.#here = new Set(here);
    } catch {
      // The list is of use without it.
      return;
    }
    if (!this.#stopped) this.#changed();
  }
}
