import type { Chat } from '../chat.ts';
import type { Conversation } from '../conversation.ts';
import { firstLine } from '../first-line.ts';
import { folded } from '../folded.ts';
import { UuidV7Maker } from '../uuid.ts';
import { attempt } from './attempt.ts';
import { conversationPicture, KIND_NAMES } from './conversation-list.ts';
import { element, setText } from './dom.ts';
import { KeyedList } from './keyed-list.ts';
import { modal } from './modal.ts';
import { touchOnly } from './touch.ts';

const clientIds = new UuidV7Maker();

/** Says what a message says in another conversation, too. */
export function forwardDialog(chat: Chat, text: string, done: (to: Conversation) => void): HTMLDialogElement {
  const problem = element('p', { class: 'problem', role: 'alert' });
  const none = element('p', { class: 'lead', role: 'status' });
  const field = element('input', { id: 'forward-to', type: 'search', autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false', 'aria-controls': 'forward-list' });
  // Asking again after a lost answer must not say it twice.
  const ids = new Map<string, string>();
  const send = async (to: Conversation, button: HTMLButtonElement): Promise<void> => {
    const clientId = ids.get(to.id) ?? clientIds.next();
    ids.set(to.id, clientId);
    if (!(await attempt(problem, () => chat.forward(text, to, clientId), button))) return;
    dialog.close();
    done(to);
  };
  const node = element('ul', { id: 'forward-list', 'aria-label': 'Conversations', 'data-testid': 'forward-list' });
  const list = new KeyedList<Conversation>(node, {
    key: ({ id }) => id,
    look: ({ name }) => name,
    draw: (conversation) => {
      const button = element(
        'button',
        { type: 'button', class: 'person' },
        conversationPicture(conversation),
        conversation.notes ? undefined : element('span', { class: 'visually-hidden' }, KIND_NAMES[conversation.kind]),
        element('span', { class: 'who', dir: 'auto' }, conversation.name),
      );
      button.onclick = () => void send(conversation, button);
      return element('li', {}, button);
    },
  });
  const show = (): void => {
    const wanted = folded(field.value.trim());
    const found = chat.conversations.filter(({ name }) => folded(name).includes(wanted));
    list.draw(found);
    setText(none, found.length === 0 ? 'None of your conversations is called so.' : '');
    none.hidden = found.length > 0;
  };
  field.oninput = show;
  show();
  const dialog = modal(
    'Forward to',
    'forward',
    element('p', { class: 'lead', dir: 'auto' }, firstLine({ text })),
    element('div', { class: 'field' }, element('label', { for: 'forward-to' }, 'Find a conversation'), field),
    element('div', { class: 'paged-list' }, node, none, problem),
  );
  if (!touchOnly.matches) field.autofocus = true;
  return dialog;
}
