import { poll } from '../api.ts';
import { ApiError } from '../request.ts';
import type { Record as EventRecord } from '../wire.ts';
import type { Opened, Sink, View } from './transport.ts';
import { Typists } from './typists.ts';

const ANSWER_MS = 10_000;
const PAUSE_MS = 2_000;
const HIDDEN_PAUSE_MS = 60_000;

const pauseMs = (): number => (document.visibilityState === 'hidden' ? HIDDEN_PAUSE_MS : PAUSE_MS);

/** What is looked at, and an end to the question that was asked for something else. */
class Eyes {
  view: View | undefined;
  #round = new AbortController();

  look(view: View): void {
    this.view = view;
    this.#round.abort();
  }

  round(): AbortSignal {
    if (this.#round.signal.aborted) this.#round = new AbortController();
    return this.#round.signal;
  }
}

async function read(accounts: readonly string[], after: string, waitSeconds: number, eyes: Eyes, sink: Sink, closed: AbortSignal): Promise<never> {
  const typists = new Typists();
  let cursor = after;
  // The first answer comes at once, to show that polling works and to fetch what was missed; and so does the first with a view.
  let wait = 0;
  // What is to be looked at from the beginning is said right after it was opened.
  await Promise.resolve();
  for (;;) {
    const round = eyes.round();
    const { view } = eyes;
    try {
      const asked = Date.now();
      const timeout = AbortSignal.timeout(wait * 1_000 + ANSWER_MS);
      const answer = await poll(accounts, cursor, wait, view, AbortSignal.any([closed, round, timeout]));
      if (closed.aborted) throw closed.reason;
      cursor = answer.cursor;
      sink.heard();
      sink.deliver(view && !answer.more ? typists.completed(answer.events) : answer.events, cursor);
      // An answer without news that was not held says that this server or a proxy holds nothing: do not run in circles.
      const hurried = wait > 0 && !answer.events.some(isNews) && Date.now() - asked < 1_000;
      wait = waitSeconds;
      if (!answer.more && (waitSeconds === 0 || hurried)) await pause(pauseMs(), AbortSignal.any([closed, round]));
    } catch (error) {
      if (closed.aborted) throw error;
      wait = 0;
      if (round.aborted) continue;
      // Whoever looked is signed in no more. The answer to the others says so.
      if (!view || !(error instanceof ApiError) || error.status !== 401) throw error;
      eyes.view = undefined;
    }
  }
}

const isNews = (record: EventRecord): boolean => 'cursor' in record;

const pause = (milliseconds: number, ended: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    if (ended.aborted) {
      reject(ended.reason);
      return;
    }
    const timer = setTimeout(resolve, milliseconds);
    ended.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(ended.reason);
    });
  });

/** Asks again and again; with `waitSeconds` the server holds the answer until there is something. */
export function openPolling(accounts: readonly string[], after: string, waitSeconds: number, sink: Sink): Opened {
  const closer = new AbortController();
  const eyes = new Eyes();
  read(accounts, after, waitSeconds, eyes, sink, closer.signal).catch((error: unknown) => {
    if (closer.signal.aborted) return;
    closer.abort();
    sink.closed(error instanceof Error ? error : { message: String(error) });
  });
  return { close: () => closer.abort(), look: (view) => eyes.look(view) };
}
