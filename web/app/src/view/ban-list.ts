import type { Conversation } from '../conversation.ts';
import type { SenderCard } from '../wire.ts';
import { accountName, avatar } from './avatar.ts';
import { element } from './dom.ts';
import { PagedList } from './paged-list.ts';

/** Who is kept out of a conversation, for those who may let them in again. */
export function banList(conversation: Conversation): PagedList<SenderCard> {
  const list: PagedList<SenderCard> = new PagedList({
    label: 'Banned',
    testId: 'bans',
    empty: 'Nobody is banned.',
    key: ({ id }) => id,
    look: ({ name, version }) => `${version} ${name}`,
    draw: (account) => {
      const lift = element('button', { type: 'button', class: 'small', 'aria-label': `Lift the ban on ${account.name}` }, 'Lift the ban');
      lift.onclick = () => void list.change(() => conversation.api.liftBan(conversation.id, account.id), lift);
      return element('li', {}, avatar(account), element('div', {}, accountName(account)), lift);
    },
    async read(after) {
      const { accounts, next } = await conversation.api.getBans(conversation.id, after);
      return { entries: accounts, next };
    },
  });
  return list;
}
