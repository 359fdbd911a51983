const BASE_MS = 2_000;
const LIMIT_MS = 30_000;

/**
 * Full jitter: anywhere between nothing and a limit that doubles. Thousands of clients that lost the server together
 * come back spread evenly.
 */
export const backoffMs = (attempt: number, random: () => number = Math.random): number =>
  random() * Math.min(LIMIT_MS, BASE_MS * 2 ** attempt);

/** For attempts whose cause is this client's own, such as a wake: soon, but not all in the same instant. */
export const soonMs = (random: () => number = Math.random): number => random() * 500;

/** `Retry-After` in seconds, as milliseconds. */
export const retryAfterMs = (header: string | null): number | undefined => {
  const seconds = Number.parseFloat(header ?? '');
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : undefined;
};
