import type { Candidate } from '../mentions.ts';
import { element } from './dom.ts';

const SHOWN_MAX = 8;
export const MENTION_LIST_ID = 'mention-list';

/** Those who can be named, above what is being written. The focus stays in the field, which says which of them is meant. */
export class MentionList {
  readonly element = element('ul', {
    id: MENTION_LIST_ID,
    class: 'mention-list',
    role: 'listbox',
    'aria-label': 'People to mention',
    'data-testid': 'mention-list',
    hidden: true,
  });
  readonly #choose: (candidate: Candidate) => void;
  #candidates: readonly Candidate[] = [];
  #active = 0;

  constructor(choose: (candidate: Candidate) => void) {
    this.#choose = choose;
    // The field keeps the focus, and a screen keyboard stays.
    this.element.onpointerdown = (event) => event.preventDefault();
  }

  get open(): boolean {
    return !this.element.hidden;
  }

  /** The option that is meant now. */
  get activeId(): string {
    return optionId(this.#active);
  }

  /** Whether there is anything to choose from. */
  show(candidates: readonly Candidate[]): boolean {
    const shown = candidates.slice(0, SHOWN_MAX);
    const key = ({ name, account }: Candidate): string => `${account} ${name}`;
    if (shown.map(key).join('\n') !== this.#candidates.map(key).join('\n')) {
      this.#candidates = shown;
      this.#active = 0;
      this.element.replaceChildren(...shown.map((candidate, index) => this.#option(candidate, index)));
    }
    this.element.hidden = shown.length === 0;
    this.#draw();
    return this.open;
  }

  hide(): void {
    this.element.hidden = true;
    this.#active = 0;
  }

  move(step: number): void {
    const { length } = this.#candidates;
    this.#active = (this.#active + step + length) % length;
    this.#draw();
  }

  choose(): void {
    const candidate = this.#candidates[this.#active];
    if (candidate) this.#choose(candidate);
  }

  #option({ name, account }: Candidate, index: number): HTMLElement {
    const option = element(
      'li',
      { id: optionId(index), role: 'option' },
      element('span', { dir: 'auto' }, name),
      account === undefined ? element('small', {}, 'Everybody here') : undefined,
    );
    option.onclick = () => {
      this.#active = index;
      this.choose();
    };
    return option;
  }

  #draw(): void {
    for (const [index, option] of [...this.element.children].entries()) {
      option.setAttribute('aria-selected', String(index === this.#active));
      if (index === this.#active && this.open) option.scrollIntoView({ block: 'nearest' });
    }
  }
}

const optionId = (index: number): string => `${MENTION_LIST_ID}-${index}`;
