// The server takes it up once in so long, and ends it by itself after twice as long.
const EVERY_MS = 3_000;
const LASTS_MS = 6_000;

/** Says that somebody types, no more often than is of use, and that they do so no more. */
export class TypingNotice {
  readonly #tell: (on: boolean) => void;
  readonly #now: () => number;
  #toldAt = Number.NEGATIVE_INFINITY;
  #on = false;

  constructor(tell: (on: boolean) => void, now: () => number = Date.now) {
    this.#tell = tell;
    this.#now = now;
  }

  typed(): void {
    if (this.#now() - this.#toldAt < EVERY_MS) return;
    this.#toldAt = this.#now();
    this.#on = true;
    this.#tell(true);
  }

  /** They have thought better of it, or have gone. */
  stopped(): void {
    if (this.#on && this.#now() - this.#toldAt < LASTS_MS) this.#tell(false);
    this.#on = false;
  }

  /** The message itself ends it. */
  sent(): void {
    this.#on = false;
  }
}
