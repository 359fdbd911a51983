import { attempt } from './attempt.ts';
import { element, setText } from './dom.ts';
import { KeyedList, type KeyedListOptions } from './keyed-list.ts';

export interface PagedListOptions<Entry> extends KeyedListOptions<Entry> {
  label: string;
  testId: string;
  /** What is said in place of an empty list. */
  empty: string;
  /** Reads one page; `next`, if not null, is the `after` of the following one. */
  read(after: string | undefined): Promise<{ entries: Entry[]; next: string | null }>;
}

/** A list that the server has, page by page, with what can be done about each entry. */
export class PagedList<Entry> {
  readonly element: HTMLElement;
  readonly #list: HTMLElement;
  readonly #empty: HTMLElement;
  readonly #more = element('button', { type: 'button', class: 'small', hidden: true }, 'Show more');
  readonly #problem = element('p', { class: 'problem', role: 'alert' });
  readonly #keyed: KeyedList<Entry>;
  readonly #read: PagedListOptions<Entry>['read'];
  #pages = 1;
  #loading = false;
  #again = false;
  #entries: readonly Entry[] = [];

  constructor(options: PagedListOptions<Entry>) {
    this.#read = options.read;
    this.#list = element('ul', { 'aria-label': options.label });
    this.#empty = element('p', { class: 'lead', hidden: true }, options.empty);
    this.#keyed = new KeyedList(this.#list, options);
    this.element = element('div', { class: 'paged-list', 'data-testid': options.testId }, this.#list, this.#empty, this.#problem, this.#more);
    this.#more.onclick = () => {
      this.#pages++;
      void this.load();
    };
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** Reads anew what is shown. What has changed while it was read is read once more. */
  async load(): Promise<void> {
    this.#again = this.#loading;
    if (this.#loading) return;
    this.#loading = true;
    do {
      this.#again = false;
      await attempt(this.#problem, () => this.#load());
    } while (this.#again);
    this.#loading = false;
  }

  /** Shows what is known of the entries from elsewhere. */
  draw(): void {
    this.#keyed.draw(this.#entries);
  }

  /** Gives the focus back to an entry. */
  focus(key: string): void {
    this.#keyed.focus(key);
  }

  /** Asks for a change of an entry, and reads the list anew. A refusal stays to be read. */
  async change(request: () => Promise<unknown>, button?: HTMLButtonElement): Promise<void> {
    if (await attempt(this.#problem, request, button)) await this.load();
  }

  async #load(): Promise<void> {
    const entries: Entry[] = [];
    let next: string | null | undefined;
    for (let page = 0; page < this.#pages && next !== null; page++) {
      const read = await this.#read(next);
      entries.push(...read.entries);
      next = read.next;
    }
    this.#entries = entries;
    this.#keyed.draw(entries);
    this.#empty.hidden = entries.length > 0;
    this.#more.hidden = next === null;
    setText(this.#problem, '');
  }
}
