import type { Chat } from '../chat.ts';
import { chatPath } from '../place.ts';
import { ApiError, retrying } from '../request.ts';
import { brand } from './brand.ts';
import { element, setText } from './dom.ts';
import { personalLink } from './share-link.ts';

/** Leads from somebody's own link into the chat with them. */
export function personScreen(chat: Chat, username: string, found: (path: string) => void): HTMLElement {
  const title = element('h1', { 'data-testid': 'room-title', dir: 'auto', tabindex: '-1' }, `@${username}`);
  const state = element('p', { class: 'lead', role: 'status' }, 'Looking…');
  const problem = element('p', { class: 'problem', role: 'alert' });
  const card = element('div', { class: 'card', 'data-testid': 'personal-link' }, title, state, problem, element('a', { href: '/' }, 'To the start page'));
  const screen = element('main', { class: 'screen' }, brand(), card);
  const open = async (): Promise<void> => {
    try {
      const { conversation } = await retrying(() => chat.api.openDirectByName(username), () => screen.isConnected);
      if (screen.isConnected) found(chatPath(chat.take(conversation).id));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (!screen.isConnected) return;
      setText(state, '');
      setText(problem, error.code === 'not_found' ? `Nobody has the user name ${username}. Ask whoever gave you the link for another one.` : error.message);
      title.focus();
    }
  };
  const own = chat.account.username;
  if (own !== undefined && own === username.toLowerCase()) {
    setText(title, 'This is your link');
    setText(state, 'Whoever opens it gets into a chat with you.');
    problem.replaceWith(personalLink(own));
    requestAnimationFrame(() => title.focus());
  } else {
    void open();
  }
  return screen;
}
