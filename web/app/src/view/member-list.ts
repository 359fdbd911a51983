import type { Chat } from '../chat.ts';
import type { Conversation } from '../conversation.ts';
import { ROLE_NAMES } from '../permission.ts';
import type { Presence } from '../signals.ts';
import type { MemberCard } from '../wire.ts';
import { accountName, avatar } from './avatar.ts';
import { untilText } from './dates.ts';
import { element } from './dom.ts';
import { PagedList } from './paged-list.ts';
import { presenceDot, presenceText } from './presence.ts';

export interface MemberListOptions {
  chat: Chat;
  conversation: Conversation;
  open(member: MemberCard): void;
  /** Whether somebody is there, as far as one may know. */
  presenceOf(account: string): Presence | undefined;
}

/** Who is in a conversation, by role; each opens what can be done about them. */
export function memberList({ chat, conversation, open, presenceOf }: MemberListOptions): PagedList<MemberCard> {
  return new PagedList({
    label: 'Members',
    testId: 'members',
    empty: 'Nobody is here.',
    key: ({ account }) => account.id,
    look: ({ account, ...standing }) => JSON.stringify([account.name, account.version, standing, presenceOf(account.id)]),
    draw: (member) => {
      const { account } = member;
      const own = account.id === chat.account.id;
      const standing = memberText(member);
      const presence = own ? undefined : presenceOf(account.id);
      const parts = [
        avatar(own ? chat.account : account),
        element('span', { class: 'who' }, accountName(account), element('small', {}, own ? `You, ${standing.toLowerCase()}` : standing)),
        presence?.lastSeenAt ? element('small', { class: 'seen' }, presenceText(presence)) : undefined,
        presence && presenceDot(presence),
      ];
      if (own) return element('li', {}, element('div', { class: 'person' }, ...parts));
      const button = element('button', { type: 'button', class: 'person', 'aria-haspopup': 'dialog' }, ...parts);
      button.onclick = () => open(member);
      return element('li', {}, button);
    },
    async read(after) {
      const { members, next } = await conversation.api.getMembers(conversation.id, after);
      return { entries: members, next };
    },
  });
}

/** What a member may do, and until when not. */
export function memberText({ role, muted_until: mutedUntil }: Pick<MemberCard, 'role' | 'muted_until'>): string {
  return mutedUntil === undefined ? ROLE_NAMES[role] : `${ROLE_NAMES[role]}, muted ${untilText(new Date(mutedUntil))}`;
}
