import type { Chat } from '../chat.ts';
import { chatPath } from '../place.ts';
import { UuidV7Maker } from '../uuid.ts';
import type { ConversationCard } from '../wire.ts';
import { element, fold, icon } from './dom.ts';
import { modal } from './modal.ts';
import { checkField, field, requestForm, usernameField } from './request-form.ts';

const clientIds = new UuidV7Maker();

export type Go = (path: string) => void;

/** Opens the ways to a conversation that is not in the list yet. */
export function newChatButton(chat: Chat, go: Go): HTMLButtonElement {
  const button = element('button', { type: 'button', class: 'new-chat', 'data-testid': 'new-chat-button' }, icon('plus'), 'New chat');
  button.onclick = () => {
    const dialog = newChatDialog(chat, go);
    document.body.append(dialog);
    dialog.showModal();
  };
  return button;
}

function newChatDialog(chat: Chat, go: Go): HTMLDialogElement {
  const show = (card: ConversationCard): void => {
    const conversation = chat.take(card);
    dialog.close();
    go(chatPath(conversation.id));
  };
  const name = 'new-chat';
  const dialog = modal(
    'New chat',
    name,
    fold('With one person', [directForm(chat, show)], { name, open: true }),
    fold('With a group', [groupForm(chat, show)], { name }),
    fold('With nobody else', [notesForm(chat, show)], { name }),
  );
  return dialog;
}

function directForm(chat: Chat, show: (card: ConversationCard) => void): HTMLElement {
  const username = usernameField('What they sign in with. Guests have none.');
  return requestForm({
    fields: [username.row],
    submit: 'Open the chat',
    testId: 'direct-form',
    async action() {
      show((await chat.api.openDirectByName(username.input.value.trim())).conversation);
      return undefined;
    },
  });
}

function groupForm(chat: Chat, show: (card: ConversationCard) => void): HTMLElement {
  const title = field({ label: 'Name of the group', name: 'title', autocomplete: 'off', maxlength: 80 });
  const topic = field({ label: 'Topic', name: 'topic', autocomplete: 'off', maxlength: 300, optional: true });
  const history = checkField({ label: 'New members see what was said before', name: 'history', checked: true });
  // Asking again after a lost answer must not make a second group; another one is another request.
  let clientId = clientIds.next();
  let idFor = '';
  return requestForm({
    fields: [title.row, topic.row, history.row],
    submit: 'Make the group',
    testId: 'group-form',
    async action() {
      const body = { title: title.input.value.trim(), topic: topic.input.value.trim(), history_visible: history.input.checked };
      const look = JSON.stringify(body);
      if (idFor !== '' && idFor !== look) clientId = clientIds.next();
      idFor = look;
      show(await chat.api.createGroup({ client_id: clientId, ...body }));
      return undefined;
    },
  });
}

function notesForm(chat: Chat, show: (card: ConversationCard) => void): HTMLElement {
  return requestForm({
    fields: [element('p', { class: 'lead' }, 'What you write there is on all your devices, and nobody else reads it.')],
    submit: 'Notes to yourself',
    testId: 'notes-form',
    async action() {
      show((await chat.api.openDirect(chat.account.id)).conversation);
      return undefined;
    },
  });
}
