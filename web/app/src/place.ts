/** What an address of the page stands for. */
export type Place =
  | { kind: 'landing' }
  /** The rooms that everybody finds. */
  | { kind: 'rooms' }
  | { kind: 'room'; slug: string; seq?: number }
  /** A group or a direct chat. With a row, at the message there. */
  | { kind: 'chat'; id: string; seq?: number }
  | { kind: 'invite'; token: string }
  /** Somebody's own link: the chat with them. */
  | { kind: 'person'; username: string };

/** The page of a room. */
export const roomPath = (slug: string): string => `/r/${encodeURIComponent(slug)}`;

export const ROOMS_PATH = '/#rooms';

/** The page of a group or a direct chat. */
export const chatPath = (id: string): string => `/#chat/${encodeURIComponent(id)}`;

/** Leads to one message. */
export const messagePath = (conversation: { id: string; slug: string }, seq: number): string =>
  conversation.slug === '' ? `${chatPath(conversation.id)}/${seq}` : `${roomPath(conversation.slug)}#${seq}`;

/** Leads into a chat with whoever has the user name. */
export const personPath = (username: string): string => `/#u/${encodeURIComponent(username)}`;

/** Behind the `#`, which browsers send to nobody: whoever has the token gets in. */
export const invitePath = (token: string): string => `/#invite/${encodeURIComponent(token)}`;

/** Reads an address; what is none of ours stands for the landing page. */
export function placeOf({ pathname, hash }: { pathname: string; hash: string }): Place {
  if (pathname.startsWith('/r/')) return { kind: 'room', slug: decoded(pathname.slice('/r/'.length)), ...rowOf(hash.slice(1)) };
  if (hash === '#rooms') return { kind: 'rooms' };
  const [word, value = '', row = ''] = hash.slice(1).split('/', 3);
  if (value !== '' && word === 'chat') return { kind: 'chat', id: decoded(value), ...rowOf(row) };
  if (value !== '' && word === 'invite') return { kind: 'invite', token: decoded(value) };
  if (value !== '' && word === 'u') return { kind: 'person', username: decoded(value) };
  return { kind: 'landing' };
}

const rowOf = (text: string): { seq?: number } => (/^[1-9]\d{0,15}$/u.test(text) ? { seq: Number(text) } : {});

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
