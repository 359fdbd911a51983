/** What an address of the page stands for. */
export type Place =
  | { kind: 'landing' }
  /** The rooms that everybody finds. */
  | { kind: 'rooms' }
  | { kind: 'room'; slug: string }
  /** A group or a direct chat. */
  | { kind: 'chat'; id: string }
  | { kind: 'invite'; token: string }
  /** Somebody's own link: the chat with them. */
  | { kind: 'person'; username: string };

/** The page of a room. */
export const roomPath = (slug: string): string => `/r/${encodeURIComponent(slug)}`;

export const ROOMS_PATH = '/#rooms';

/** The page of a group or a direct chat. */
export const chatPath = (id: string): string => `/#chat/${encodeURIComponent(id)}`;

/** Leads into a chat with whoever has the user name. */
export const personPath = (username: string): string => `/#u/${encodeURIComponent(username)}`;

/** Behind the `#`, which browsers send to nobody: whoever has the token gets in. */
export const invitePath = (token: string): string => `/#invite/${encodeURIComponent(token)}`;

/** Reads an address; what is none of ours stands for the landing page. */
export function placeOf({ pathname, hash }: { pathname: string; hash: string }): Place {
  if (pathname.startsWith('/r/')) return { kind: 'room', slug: decoded(pathname.slice('/r/'.length)) };
  if (hash === '#rooms') return { kind: 'rooms' };
  const [word, value = ''] = hash.slice(1).split('/', 2);
  if (value !== '' && word === 'chat') return { kind: 'chat', id: decoded(value) };
  if (value !== '' && word === 'invite') return { kind: 'invite', token: decoded(value) };
  if (value !== '' && word === 'u') return { kind: 'person', username: decoded(value) };
  return { kind: 'landing' };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
