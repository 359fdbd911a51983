/**
 * `localStorage` that never throws: private windows and full disks make it fail, and the page must work on without.
 * Each thing has a key of its own, so that two tabs never overwrite each other's list.
 */
export interface KeyValueStore {
  get(key: string): string | undefined;
  set(key: string, value: string): void;
  remove(key: string): void;
  keys(prefix: string): string[];
}

const attempt = <Value>(action: () => Value): Value | undefined => {
  try {
    return action();
  } catch {
    return undefined;
  }
};

export const browserStore = (area: () => Storage): KeyValueStore => ({
  get: (key) => attempt(() => area().getItem(key)) ?? undefined,
  set: (key, value) => attempt(() => area().setItem(key, value)),
  remove: (key) => attempt(() => area().removeItem(key)),
  keys: (prefix) => attempt(() => Object.keys(area()).filter((key) => key.startsWith(prefix))) ?? [],
});

export const local = browserStore(() => localStorage);
export const session = browserStore(() => sessionStorage);

export const storageKey = {
  queue: (account: string): string => `chinwag.queue.${account}.`,
  draft: (conversation: string): string => `chinwag.draft.${conversation}`,
  read: (conversation: string): string => `chinwag.read.${conversation}`,
  /** Until when one is muted there. */
  muted: (conversation: string): string => `chinwag.muted.${conversation}`,
  /** When one wrote there last, where that decides when one may write again. */
  wrote: (conversation: string): string => `chinwag.wrote.${conversation}`,
  transport: 'chinwag.transport',
};
