import type { Chat } from '../chat.ts';
import type { Conversation } from '../conversation.ts';
import { ROLE_NAMES } from '../permission.ts';
import type { MemberCard } from '../wire.ts';
import { accountName, avatar } from './avatar.ts';
import { untilText } from './dates.ts';
import { element } from './dom.ts';
import { PagedList } from './paged-list.ts';

/** Who is in a conversation, by role; each opens what can be done about them. */
export function memberList(chat: Chat, conversation: Conversation, open: (member: MemberCard) => void): PagedList<MemberCard> {
  return new PagedList({
    label: 'Members',
    testId: 'members',
    empty: 'Nobody is here.',
    key: ({ account }) => account.id,
    look: ({ account, ...standing }) => JSON.stringify([account.name, account.version, standing]),
    draw: (member) => {
      const { account } = member;
      const own = account.id === chat.account.id;
      const standing = memberText(member);
      const parts = [
        avatar(own ? chat.account : account),
        element('span', { class: 'who' }, accountName(account), element('small', {}, own ? `You, ${standing.toLowerCase()}` : standing)),
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
