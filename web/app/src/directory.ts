import { folded } from './folded.ts';
import { ApiError } from './request.ts';
import type { ListedRoom, RoomsPage } from './wire.ts';

const PAGE_ROOMS = 200;
// What is typed is looked for among so many more rooms, before one is asked whether to go on.
const SEARCHED_ROOMS = 1_000;

/** The rooms that everybody finds, as far as they were read, and what of them is looked for. */
export class Directory {
  readonly #changed: () => void;
  readonly #read: (after: string | undefined, limit: number) => Promise<RoomsPage>;
  #rooms: readonly ListedRoom[] = [];
  #next: string | null | undefined;
  #phase: 'idle' | 'reading' | 'failed' = 'idle';
  #problem = '';
  #wanted = '';
  #generation = 0;

  constructor(changed: () => void, read: (after: string | undefined, limit: number) => Promise<RoomsPage>) {
    this.#changed = changed;
    this.#read = read;
  }

  get phase(): 'idle' | 'reading' | 'failed' {
    return this.#phase;
  }

  /** Why it could not be read on. */
  get problem(): string {
    return this.#problem;
  }

  /** Whether any page has come. */
  get known(): boolean {
    return this.#next !== undefined;
  }

  /** Whether there are rooms that were not read. */
  get more(): boolean {
    return this.#next !== null;
  }

  get count(): number {
    return this.#rooms.length;
  }

  /** Those whose title, address or topic has every word that is looked for. */
  get found(): readonly ListedRoom[] {
    const words = folded(this.#wanted).split(/\s+/u).filter((word) => word !== '');
    if (words.length === 0) return this.#rooms;
    return this.#rooms.filter(({ slug, title, topic }) => {
      const text = folded(`${title} ${slug} ${topic}`);
      return words.every((word) => text.includes(word));
    });
  }

  get wanted(): string {
    return this.#wanted;
  }

  /** Looks for something, also among rooms that were not read yet. */
  look(wanted: string): void {
    this.#wanted = wanted.trim();
    if (this.#wanted !== '' && this.known && this.count < SEARCHED_ROOMS) void this.readOn();
    this.#changed();
  }

  /** Reads from the beginning. What was read before stays until there is something in its place. */
  async begin(): Promise<void> {
    this.#generation++;
    await this.#readPages(undefined, []);
  }

  /** Reads the next rooms; while something is looked for, many of them. */
  async readOn(): Promise<void> {
    if (this.#phase === 'reading' || this.#next === null) return;
    await this.#readPages(this.#next, this.#rooms);
  }

  /** What is on its way is of no use any more. */
  stop(): void {
    this.#generation++;
  }

  async #readPages(after: string | undefined, before: readonly ListedRoom[]): Promise<void> {
    const generation = this.#generation;
    this.#phase = 'reading';
    this.#changed();
    try {
      const end = before.length + SEARCHED_ROOMS;
      for (let next: string | null | undefined = after; next !== null; ) {
        const page: RoomsPage = await this.#read(next, PAGE_ROOMS);
        if (generation !== this.#generation) return;
        this.#rooms = next === after ? [...before, ...page.rooms] : [...this.#rooms, ...page.rooms];
        next = page.next;
        this.#next = next;
        this.#changed();
        if (this.#wanted === '' || this.#rooms.length >= end) break;
      }
      this.#phase = 'idle';
      this.#problem = '';
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (generation !== this.#generation) return;
      this.#phase = 'failed';
      this.#problem = error.message;
    }
    this.#changed();
  }
}
