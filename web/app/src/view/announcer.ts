import { element } from './dom.ts';

const INTERVAL_MS = 1_000;
const LONGEST = 200;

/** The one region that is read out: a message or a change at a time, at most one a second, then only how many there were. */
export class Announcer {
  readonly element = element('div', { class: 'visually-hidden', role: 'status', 'aria-live': 'polite' });
  #messages: string[] = [];
  #notices: string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  message(sentence: string): void {
    this.#add(this.#messages, sentence);
  }

  /** What is not a message: somebody came, went, or something else has changed. */
  notice(sentence: string): void {
    this.#add(this.#notices, sentence);
  }

  /** Says this, and nothing more of what still waits: it was for somebody else. */
  startAnew(sentence: string): void {
    this.#messages = [];
    this.#notices = [];
    this.element.textContent = '';
    if (sentence !== '') this.notice(sentence);
  }

  #add(waiting: string[], sentence: string): void {
    waiting.push(sentence.slice(0, LONGEST));
    if (this.#timer === undefined) this.#next();
  }

  #next(): void {
    this.#timer = undefined;
    const sentences = [short(this.#notices, 'changes'), short(this.#messages, 'new messages')].filter((text) => text !== '');
    if (sentences.length === 0) return;
    this.element.textContent = sentences.join('. ');
    this.#messages = [];
    this.#notices = [];
    this.#timer = setTimeout(() => this.#next(), INTERVAL_MS);
  }
}

const short = ([first = '', ...others]: string[], what: string): string => (others.length === 0 ? first : `${others.length + 1} ${what}`);
