import { poll } from '../api.ts';
import type { Opened, Sink } from './transport.ts';

const ANSWER_MS = 10_000;
const PAUSE_MS = 2_000;
const HIDDEN_PAUSE_MS = 60_000;

const pauseMs = (): number => (document.visibilityState === 'hidden' ? HIDDEN_PAUSE_MS : PAUSE_MS);

async function read(accounts: readonly string[], after: string, waitSeconds: number, sink: Sink, closed: AbortSignal): Promise<never> {
  let cursor = after;
  // The first answer comes at once, to show that polling works and to fetch what was missed.
  for (let wait = 0; ; wait = waitSeconds) {
    const asked = Date.now();
    const timeout = AbortSignal.timeout(wait * 1_000 + ANSWER_MS);
    const answer = await poll(accounts, cursor, wait, AbortSignal.any([closed, timeout]));
    if (closed.aborted) throw closed.reason;
    cursor = answer.cursor;
    sink.heard();
    sink.deliver(answer.events, cursor);
    // An empty answer that was not held says that this server or a proxy holds nothing: do not run in circles.
    const hurried = wait > 0 && answer.events.length === 0 && Date.now() - asked < 1_000;
    if (!answer.more && (waitSeconds === 0 || hurried)) await pause(pauseMs(), closed);
  }
}

const pause = (milliseconds: number, closed: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    closed.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(closed.reason);
    });
  });

/** Asks again and again; with `waitSeconds` the server holds the answer until there is something. */
export function openPolling(accounts: readonly string[], after: string, waitSeconds: number, sink: Sink): Opened {
  const closer = new AbortController();
  read(accounts, after, waitSeconds, sink, closer.signal).catch((error: unknown) => {
    if (closer.signal.aborted) return;
    closer.abort();
    sink.closed(error instanceof Error ? error : { message: String(error) });
  });
  return { close: () => closer.abort() };
}
