import type { TransportName } from './transport.ts';

export const TRANSPORT_ORDER: readonly TransportName[] = ['websocket', 'sse', 'stream', 'longpoll', 'poll'];

const BEST: TransportName = 'websocket';

export const isTransportName = (value: unknown): value is TransportName =>
  (TRANSPORT_ORDER as readonly unknown[]).includes(value);

const FAILURES_BEFORE_FALL = 2;

/** Which transport is used and why: the best one that works here, or the one that was forced. */
export class Ladder {
  #current: TransportName;
  #forced: boolean;
  #failures = 0;
  #reason: string;

  constructor(forced?: TransportName) {
    this.#current = forced ?? BEST;
    this.#forced = forced !== undefined;
    this.#reason = forced ? 'forced' : 'first choice';
  }

  get current(): TransportName {
    return this.#current;
  }

  get reason(): string {
    return this.#reason;
  }

  get forced(): boolean {
    return this.#forced;
  }

  /** The transports worth another try, best first. */
  get better(): TransportName[] {
    return this.#forced ? [] : TRANSPORT_ORDER.slice(0, TRANSPORT_ORDER.indexOf(this.#current));
  }

  /** There is no transport to fall to. */
  get exhausted(): boolean {
    return this.#forced || this.#current === TRANSPORT_ORDER.at(-1);
  }

  force(name: TransportName | undefined): void {
    this.#forced = name !== undefined;
    this.#use(name ?? BEST, name ? 'forced' : 'first choice');
  }

  succeeded(): void {
    this.#failures = 0;
  }

  /** Counts a failure that is the transport's fault; says whether that moved us to another transport. */
  failed(why: string): boolean {
    return ++this.#failures >= FAILURES_BEFORE_FALL && this.fall(why);
  }

  fall(why: string): boolean {
    const next = TRANSPORT_ORDER[TRANSPORT_ORDER.indexOf(this.#current) + 1];
    if (this.exhausted || next === undefined) return false;
    this.#use(next, `${this.#current} failed: ${why}`);
    return true;
  }

  rise(name: TransportName): void {
    this.#use(name, 'works again');
  }

  #use(name: TransportName, reason: string): void {
    this.#current = name;
    this.#reason = reason;
    this.#failures = 0;
  }
}
