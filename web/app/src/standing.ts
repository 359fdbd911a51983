import type { MemberCard, MembersPage } from './wire.ts';

/** Where somebody stands in a conversation; `unknown` among more members than are looked through. */
export type Standing = Pick<MemberCard, 'role' | 'muted_until'> | 'absent' | 'unknown';

const PAGES_READ = 5;
const PAGE_MEMBERS = 200;

/** Looks for somebody among the members, the first 1,000 of them. */
export async function standingOf(
  conversation: string,
  account: string,
  read: (conversation: string, after: string | undefined, limit: number) => Promise<MembersPage>,
): Promise<Standing> {
  let after: string | undefined;
  for (let page = 0; page < PAGES_READ; page++) {
    const { members, next } = await read(conversation, after, PAGE_MEMBERS);
    const found = members.find((member) => member.account.id === account);
    if (found) return found;
    if (next === null) return 'absent';
    after = next;
  }
  return 'unknown';
}
