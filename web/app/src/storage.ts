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

/** Whatever belongs to an account has its id in the third place. */
export const storageKey = {
  queue: (account: string): string => `chinwag.queue.${account}.`,
  draft: (account: string, conversation: string): string => `chinwag.draft.${account}.${conversation}`,
  /** Whom and what the draft names and answers. */
  draftAbout: (account: string, conversation: string): string => `chinwag.draft-about.${account}.${conversation}`,
  /** Until when an account is muted there. */
  muted: (account: string, conversation: string): string => `chinwag.muted.${account}.${conversation}`,
  /** When an account wrote there last, where that decides when it may write again. */
  wrote: (account: string, conversation: string): string => `chinwag.wrote.${account}.${conversation}`,
  /** What an account that the browser is signed in as is called, to say so when it no longer is. */
  name: (account: string): string => `chinwag.name.${account}`,
  transport: 'chinwag.transport',
  /** The account that is shown. */
  account: 'chinwag.account',
};

/** Removes all that is kept of an account. */
export function forget(store: KeyValueStore, account: string): void {
  for (const key of store.keys('chinwag.')) if (key.split('.')[2] === account) store.remove(key);
}
