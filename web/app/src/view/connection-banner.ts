import type { ReaderState } from '../reading/reader.ts';
import { element, setText } from './dom.ts';

// Shorter drops are nobody's business.
const QUIET_MS = 1_000;

/** Says what is wrong with the connection, if it is wrong for longer than a blink. */
export class ConnectionBanner {
  readonly element: HTMLElement;
  readonly #text = element('span');
  readonly #retry = element('button', { type: 'button', class: 'small' }, 'Retry now');
  #state: ReaderState = { phase: 'live' };
  #everLive = true;
  #downSince: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(retryNow: () => void) {
    this.#retry.onclick = retryNow;
    this.element = element(
      'div',
      { class: 'connection', 'data-testid': 'connection', 'data-state': 'live', hidden: true },
      element('span', { class: 'dot', 'aria-hidden': 'true' }),
      this.#text,
      this.#retry,
    );
  }

  draw(state: ReaderState, everLive: boolean): void {
    this.#state = state;
    this.#everLive = everLive;
    this.element.dataset['state'] = state.phase;
    if (state.phase === 'live' || state.phase === 'stopped') this.#downSince = undefined;
    else this.#downSince ??= Date.now();
    this.#refresh();
  }

  #refresh(): void {
    clearTimeout(this.#timer);
    const shown = this.#downSince !== undefined && Date.now() - this.#downSince >= QUIET_MS;
    this.element.hidden = !shown;
    setText(this.#text, shown ? this.#message() : '');
    this.#retry.hidden = this.#state.phase !== 'waiting';
    if (this.#downSince !== undefined) this.#timer = setTimeout(() => this.#refresh(), shown ? 250 : QUIET_MS);
  }

  #message(): string {
    switch (this.#state.phase) {
      case 'offline':
        return 'You are offline. Messages are sent when you are back.';
      case 'waiting': {
        const seconds = Math.max(1, Math.ceil((this.#state.until - Date.now()) / 1_000));
        return `${this.#everLive ? 'Reconnecting' : 'Connecting'} in ${seconds} s`;
      }
      default:
        return this.#everLive ? 'Reconnecting…' : 'Connecting…';
    }
  }
}
