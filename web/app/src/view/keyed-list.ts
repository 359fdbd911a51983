interface Drawn {
  node: HTMLElement;
  look: string;
}

export interface KeyedListOptions<Entry> {
  key(entry: Entry): string;
  /** Two entries with the same look are drawn the same. */
  look(entry: Entry): string;
  draw(entry: Entry): HTMLElement;
}

/** The children of one element, one for each entry. What has not changed stays, and with it the focus. */
export class KeyedList<Entry> {
  readonly #parent: HTMLElement;
  readonly #options: KeyedListOptions<Entry>;
  readonly #drawn = new Map<string, Drawn>();

  constructor(parent: HTMLElement, options: KeyedListOptions<Entry>) {
    this.#parent = parent;
    // Takes the focus over from what disappears.
    parent.tabIndex = -1;
    this.#options = options;
  }

  draw(entries: readonly Entry[]): void {
    const focused = this.#parent.contains(document.activeElement) ? document.activeElement : null;
    const { key, look, draw } = this.#options;
    const keys = new Set(entries.map(key));
    for (const [gone, { node }] of this.#drawn) {
      if (keys.has(gone)) continue;
      node.remove();
      this.#drawn.delete(gone);
    }
    let place = this.#parent.firstElementChild;
    for (const entry of entries) {
      const now = look(entry);
      let drawn = this.#drawn.get(key(entry));
      if (drawn?.look !== now) {
        const node = draw(entry);
        if (drawn) this.#exchange(drawn.node, node, focused);
        if (drawn?.node === place) place = node;
        drawn = { node, look: now };
        this.#drawn.set(key(entry), drawn);
      }
      if (drawn.node === place) place = place.nextElementSibling;
      else this.#parent.insertBefore(drawn.node, place);
    }
    if (focused && !this.#parent.contains(document.activeElement)) this.#parent.focus();
  }

  /** Gives the focus to an entry, or to the list if it is not there any more. */
  focus(key: string): void {
    const node = this.#drawn.get(key)?.node;
    (node?.querySelector<HTMLElement>('a, button') ?? this.#parent).focus();
  }

  #exchange(before: HTMLElement, after: HTMLElement, focused: Element | null): void {
    const place = [...before.querySelectorAll('a, button')].indexOf(focused as Element);
    before.replaceWith(after);
    if (place >= 0) after.querySelectorAll<HTMLElement>('a, button')[place]?.focus();
  }
}
