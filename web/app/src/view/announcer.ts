import { element } from './dom.ts';

const INTERVAL_MS = 1_000;
const LONGEST = 200;

/** The one region that is read out: a message at a time, at most one a second, then only how many there were. */
export class Announcer {
  readonly element = element('div', { class: 'visually-hidden', role: 'status', 'aria-live': 'polite' });
  #waiting: string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  say(sentence: string): void {
    this.#waiting.push(sentence.slice(0, LONGEST));
    if (this.#timer === undefined) this.#next();
  }

  #next(): void {
    this.#timer = undefined;
    const [first, ...others] = this.#waiting;
    if (first === undefined) return;
    this.element.textContent = others.length === 0 ? first : `${this.#waiting.length} new messages`;
    this.#waiting = [];
    this.#timer = setTimeout(() => this.#next(), INTERVAL_MS);
  }
}
