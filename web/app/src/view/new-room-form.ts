import type { Chat } from '../chat.ts';
import { roomPath } from '../place.ts';
import { slugOf, SLUG_RULE } from '../slug.ts';
import type { Go } from './new-chat-dialog.ts';
import { checkField, field, requestForm } from './request-form.ts';

/** Opens a room, and shows it to everybody if its maker wants that. */
export function newRoomForm(chat: Chat, go: Go): HTMLElement {
  const name = field({ label: 'Name of the room', name: 'slug', autocomplete: 'off', maxlength: 64, hint: 'It is the end of its address: whoever has it can come in.' });
  const listed = checkField({ label: 'Everybody finds it in this list', name: 'listed', checked: true });
  return requestForm({
    fields: [name.row, listed.row],
    submit: 'Open the room',
    testId: 'room-form',
    async action() {
      const slug = slugOf(name.input.value);
      if (slug === undefined) throw new Error(SLUG_RULE);
      const { conversation } = await chat.api.openRoom(slug);
      // One that was there already belongs to somebody else, or stays as its owner has it.
      const isNew = conversation.role === 'owner' && conversation.version === 1;
      chat.take(isNew && listed.input.checked ? await chat.api.changeConversation(conversation.id, { listed: true }) : conversation);
      go(roomPath(conversation.slug ?? slug));
      return undefined;
    },
  });
}
