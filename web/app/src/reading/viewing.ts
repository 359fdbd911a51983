import { retrying } from '../request.ts';
import type { View } from './transport.ts';

/** Tells one opened stream what is looked at: one view after the other, so that the last is the one that stays. */
export class Viewing {
  readonly #tell: (view: View) => Promise<unknown>;
  #view: View | undefined;
  #phase: 'waiting' | 'begun' | 'ended' = 'waiting';
  #turn: Promise<unknown> = Promise.resolve();

  constructor(tell: (view: View) => Promise<unknown>) {
    this.#tell = tell;
  }

  /** The stream can be told. */
  begin(): void {
    this.#phase = 'begun';
    this.#say();
  }

  look(view: View): void {
    this.#view = view;
    this.#say();
  }

  end(): void {
    this.#phase = 'ended';
  }

  #say(): void {
    const view = this.#view;
    if (view === undefined || this.#phase !== 'begun') return;
    const wanted = (): boolean => this.#phase === 'begun' && this.#view === view;
    this.#turn = this.#turn
      .then(() => (wanted() ? retrying(() => this.#tell(view), wanted) : undefined))
      // Who looks at nothing reads on all the same.
      .catch(() => {});
  }
}
