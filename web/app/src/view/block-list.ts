import type { Chat } from '../chat.ts';
import type { SenderCard } from '../wire.ts';
import { accountName, avatar } from './avatar.ts';
import { element } from './dom.ts';
import { PagedList } from './paged-list.ts';

/** Whom the account blocks. */
export function blockList(chat: Chat): PagedList<SenderCard> {
  const list: PagedList<SenderCard> = new PagedList({
    label: 'Blocked accounts',
    testId: 'blocked',
    empty: 'You block nobody.',
    key: ({ id }) => id,
    look: ({ name, version }) => `${version} ${name}`,
    draw: (account) => {
      const unblock = element('button', { type: 'button', class: 'small', 'aria-label': `Unblock ${account.name}` }, 'Unblock');
      unblock.onclick = () => void list.change(() => chat.unblock(account.id), unblock);
      return element('li', {}, avatar(account), element('div', {}, accountName(account)), unblock);
    },
    async read(after) {
      const { blocks, next } = await chat.api.getBlocks(after);
      return { entries: blocks, next };
    },
  });
  return list;
}
