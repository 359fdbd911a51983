import type { Conversation } from '../conversation.ts';
import type { SenderCard } from '../wire.ts';
import { accountName, avatar } from './avatar.ts';
import { element } from './dom.ts';
import { modal } from './modal.ts';
import { PagedList } from './paged-list.ts';

/** Who has read a message, as far as they let others know. */
export function readersDialog({ api, id }: Conversation, seq: number): HTMLDialogElement {
  const list = new PagedList<SenderCard>({
    label: 'Read by',
    testId: 'reader-list',
    empty: 'Nobody else has read it yet, as far as they let others know.',
    key: (account) => account.id,
    look: ({ version, name }) => `${version} ${name}`,
    draw: (account) => element('li', {}, avatar(account), element('div', {}, accountName(account))),
    async read(after) {
      const { readers, next } = await api.getReaders(id, seq, after);
      return { entries: readers, next };
    },
  });
  void list.load();
  return modal('Read by', 'readers', list.element);
}
