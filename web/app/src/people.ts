import type { SenderCard } from './wire.ts';

/** What others are called who were met, each by their newest name; of whom was not met it is asked. */
export class People {
  readonly #read: (account: string) => Promise<SenderCard>;
  readonly #changed: () => void;
  readonly #known = new Map<string, SenderCard>();
  readonly #asked = new Set<string>();

  constructor(read: (account: string) => Promise<SenderCard>, changed: () => void) {
    this.#read = read;
    this.#changed = changed;
  }

  meet(account: SenderCard): void {
    if (account.version >= (this.#known.get(account.id)?.version ?? 0)) this.#known.set(account.id, account);
  }

  /** Nothing until it is known. */
  name(account: string): string | undefined {
    const known = this.#known.get(account);
    if (!known && !this.#asked.has(account)) {
      this.#asked.add(account);
      void this.#ask(account);
    }
    return known?.name;
  }

  async #ask(account: string): Promise<void> {
    try {
      this.meet(await this.#read(account));
      this.#changed();
    } catch {
      // They stay somebody.
    }
  }
}
