import { backoffMs } from './backoff.ts';
import { ApiError } from './request.ts';

export interface LatestOptions<Value> {
  /** At most once in so long. */
  everyMs: number;
  /** How long it waits for what may come after the first. */
  firstMs?: number;
  tell(value: Value): Promise<unknown>;
  /** It was refused for good. */
  refused?(error: ApiError): void;
}

/**
 * Tells the server something of which only the latest counts: not too often, one at a time so that none overtakes another, never
 * the same twice, and again after what may succeed later.
 */
export class Latest<Value> {
  readonly #options: LatestOptions<Value>;
  #told: Value | undefined;
  #wanted: Value | undefined;
  #earliest = 0;
  #failures = 0;
  #busy = false;
  #stopped = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `told`: what the server knows already. */
  constructor(options: LatestOptions<Value>, told?: Value) {
    this.#options = options;
    this.#told = told;
  }

  /** What the server knows, as far as it has answered. */
  get told(): Value | undefined {
    return this.#told;
  }

  /** Whether the server may not know the latest yet. */
  get pending(): boolean {
    return this.#busy || (this.#wanted !== undefined && this.#wanted !== this.#told);
  }

  put(value: Value): void {
    const first = !this.pending;
    this.#wanted = value;
    if (first) this.#earliest = Math.max(this.#earliest, Date.now() + (this.#options.firstMs ?? 0));
    this.#plan();
  }

  /** The server knows it from elsewhere. */
  learn(value: Value): void {
    this.#told = value;
    if (!this.#busy) this.#wanted = value;
  }

  /** What still waits is told now: there may be no later. */
  flush(): void {
    this.#earliest = Math.min(this.#earliest, Date.now());
    this.#plan();
  }

  /** What still waits is not to be told any more. */
  drop(): void {
    if (!this.#busy) this.#wanted = this.#told;
    this.#plan();
  }

  /** The server can be reached (again): what has failed need not wait any longer. */
  wake(): void {
    if (this.#failures === 0) return;
    this.#failures = 0;
    this.#earliest = Date.now();
    this.#plan();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #plan(): void {
    clearTimeout(this.#timer);
    if (this.#stopped || this.#busy || !this.pending) return;
    const wait = this.#earliest - Date.now();
    if (wait <= 0) void this.#tell();
    else this.#timer = setTimeout(() => this.#plan(), wait);
  }

  async #tell(): Promise<void> {
    const value = this.#wanted as Value;
    this.#busy = true;
    this.#earliest = Date.now() + this.#options.everyMs;
    try {
      await this.#options.tell(value);
      this.#told = value;
      this.#failures = 0;
    } catch (error) {
      this.#failed(error, value);
    } finally {
      this.#busy = false;
    }
    this.#plan();
  }

  #failed(error: unknown, value: Value): void {
    if (!(error instanceof ApiError)) throw error;
    if (error.retryable) {
      const delay = (error.retryAfterMs ?? 0) + backoffMs(this.#failures++);
      this.#earliest = Math.max(this.#earliest, Date.now() + delay);
      return;
    }
    // The same would be refused again.
    if (this.#wanted === value) this.#wanted = undefined;
    if (!this.#stopped) this.#options.refused?.(error);
  }
}
