import type { Chat } from '../chat.ts';
import { chatPath } from '../place.ts';
import { ApiError, retrying } from '../request.ts';
import { attempt, problemText } from './attempt.ts';
import { brand } from './brand.ts';
import { element, setText } from './dom.ts';

/** What a link leads into, and a way in. */
export function inviteScreen(chat: Chat, token: string, joined: (path: string) => void): HTMLElement {
  const kicker = element('p', { class: 'kicker' }, 'Your invitation');
  const title = element('h1', { 'data-testid': 'room-title', dir: 'auto', tabindex: '-1' }, '…');
  const count = element('p', { class: 'lead' });
  const problem = element('p', { class: 'problem', role: 'alert' });
  const join = element('button', { type: 'button', class: 'primary', hidden: true, 'data-testid': 'join' }, 'Join');
  const screen = element(
    'main',
    { class: 'screen' },
    brand(),
    element('div', { class: 'card', 'data-testid': 'invite' }, kicker, title, count, problem, join, element('a', { href: '/' }, 'Not now')),
  );
  join.onclick = () =>
    attempt(
      problem,
      async () => {
        const { conversation } = await chat.api.acceptInvite(token);
        joined(chatPath(chat.take(conversation).id));
      },
      join,
    );
  const show = async (): Promise<void> => {
    try {
      const invited = await retrying(() => chat.api.getInvited(token), () => screen.isConnected);
      setText(kicker, 'You are invited to');
      setText(title, invited.title);
      setText(count, invited.members === 1 ? '1 member' : `${invited.members} members`);
      join.hidden = false;
      join.focus();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setText(title, 'This link does not work');
      setText(problem, problemText(error));
      title.focus();
    }
  };
  void show();
  return screen;
}
