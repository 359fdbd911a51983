import { element, setText } from './dom.ts';

// Whoever cannot see it is told of somebody once in a while, not whenever they pause.
const TOLD_EVERY_MS = 60_000;

/** Who types in the conversation that is open. It keeps its place, so that nothing moves when it is empty. */
export class TypingLine {
  readonly element = element('p', { class: 'typing', dir: 'auto', 'data-testid': 'typing' });
  readonly #announce: (sentence: string) => void;
  readonly #told = new Map<string, number>();

  constructor(announce: (sentence: string) => void) {
    this.#announce = announce;
  }

  /** By their ids and names; of whom no name is known yet there is only that they are there. */
  draw(typists: readonly { id: string; name: string | undefined }[]): void {
    setText(this.element, typingText(typists.map(({ name }) => name)));
    const now = Date.now();
    for (const { id, name } of typists) {
      if (name === undefined || now - (this.#told.get(id) ?? Number.NEGATIVE_INFINITY) < TOLD_EVERY_MS) continue;
      this.#told.set(id, now);
      this.#announce(`${name} is typing`);
    }
  }
}

export function typingText(names: readonly (string | undefined)[]): string {
  if (names.length === 0) return '';
  const [first = 'Somebody', second = 'somebody'] = names;
  if (names.length === 1) return `${first} is typing…`;
  return names.length === 2 ? `${first} and ${second} are typing…` : 'Several people are typing…';
}
