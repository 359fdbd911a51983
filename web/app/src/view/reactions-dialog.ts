import type { Conversation } from '../conversation.ts';
import type { ReactionEntry } from '../wire.ts';
import { accountName, avatar } from './avatar.ts';
import { element } from './dom.ts';
import { modal } from './modal.ts';
import { PagedList } from './paged-list.ts';

/** Who reacts to a message, and with what. */
export function reactionsDialog({ api, id }: Conversation, seq: number): HTMLDialogElement {
  const list = new PagedList<ReactionEntry>({
    label: 'Reactions',
    testId: 'reaction-list',
    empty: 'Nobody reacts to it any more.',
    key: ({ account, emoji }) => `${account.id} ${emoji}`,
    look: ({ account, emoji }) => `${emoji} ${account.version} ${account.name}`,
    draw: ({ account, emoji }) => element('li', {}, avatar(account), element('div', {}, accountName(account)), element('span', { class: 'emoji' }, emoji)),
    async read(after) {
      const { reactions, next } = await api.getReactions(id, seq, after);
      return { entries: reactions, next };
    },
  });
  void list.load();
  return modal('Reactions', 'reactions', list.element);
}
