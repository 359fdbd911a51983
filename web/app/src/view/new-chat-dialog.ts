import { openDirect, openDirectByName } from '../api.ts';
import type { Chat } from '../chat.ts';
import { chatPath } from '../place.ts';
import type { ConversationCard } from '../wire.ts';
import { element, icon } from './dom.ts';
import { modal } from './modal.ts';
import { requestForm, usernameField } from './request-form.ts';

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
  const dialog = modal('New chat', 'new-chat', directForm(show), notesForm(chat, show));
  return dialog;
}

function directForm(show: (card: ConversationCard) => void): HTMLElement {
  const username = usernameField('What they sign in with. Guests have none.');
  return element(
    'section',
    {},
    element('h3', {}, 'With one person'),
    requestForm({
      fields: [username.row],
      submit: 'Open the chat',
      testId: 'direct-form',
      async action() {
        show((await openDirectByName(username.input.value.trim())).conversation);
        return undefined;
      },
    }),
  );
}

function notesForm(chat: Chat, show: (card: ConversationCard) => void): HTMLElement {
  return element(
    'section',
    {},
    element('h3', {}, 'With nobody else'),
    requestForm({
      fields: [element('p', { class: 'lead' }, 'What you write there is on all your devices, and nobody else reads it.')],
      submit: 'Notes to yourself',
      testId: 'notes-form',
      async action() {
        show((await openDirect(chat.account.id)).conversation);
        return undefined;
      },
    }),
  );
}
