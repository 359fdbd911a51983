import type { Chat } from '../chat.ts';
import { roomPath, ROOMS_PATH } from '../place.ts';
import { slugOf, SLUG_RULE } from '../slug.ts';
import { brand } from './brand.ts';
import { ConversationList } from './conversation-list.ts';
import { element, icon, setText } from './dom.ts';
import { MeButton } from './me-button.ts';
import { newChatButton, type Go } from './new-chat-dialog.ts';

export class LandingScreen {
  readonly element: HTMLElement;
  readonly #go: Go;
  readonly #mine = element('section', { class: 'mine', hidden: true });
  readonly #account = element('div', { class: 'entry' });
  readonly #signIn = element('button', { type: 'button', class: 'quiet', 'data-testid': 'have-account' }, 'Sign in');
  #me: MeButton | undefined;
  #list: ConversationList | undefined;

  constructor(go: Go, signIn: () => void) {
    this.#go = go;
    const field = element('input', {
      id: 'room',
      placeholder: 'tea',
      required: true,
      maxlength: '64',
      autocomplete: 'off',
      autocapitalize: 'none',
      spellcheck: 'false',
      'aria-describedby': 'room-problem',
    });
    const problem = element('p', { id: 'room-problem', class: 'problem', role: 'alert' });
    const form = element(
      'form',
      { class: 'card' },
      element('label', { for: 'room' }, 'Pick a room name'),
      element('div', { class: 'joined' }, element('span', { 'aria-hidden': 'true' }, '/r/'), field),
      problem,
      element('button', { type: 'submit', class: 'primary' }, 'Open the room'),
    );
    form.onsubmit = (event) => {
      event.preventDefault();
      const slug = slugOf(field.value);
      if (slug !== undefined) go(roomPath(slug));
      else setText(problem, SLUG_RULE);
    };
    this.#signIn.onclick = signIn;
    this.#account.append(this.#signIn);
    this.element = element(
      'main',
      { class: 'screen' },
      element('header', {}, brand(), this.#account),
      element('h1', { class: 'claim' }, 'Open a room. Say who you are. Talk.'),
      element(
        'p',
        { class: 'lead' },
        'Chinwag is a chat without sign-up: whoever has the address of a room can join in, with nothing but a name.',
      ),
      form,
      element('a', { href: ROOMS_PATH, class: 'other-room' }, icon('room'), 'Public rooms'),
      this.#mine,
    );
  }

  draw(chat: Chat): void {
    if (!this.#me || !this.#list) {
      this.#me = new MeButton(chat);
      this.#list = new ConversationList(chat);
      this.#account.replaceChildren(this.#me.element);
      this.#mine.replaceChildren(element('h2', {}, 'Your conversations'), newChatButton(chat, this.#go), this.#list.element);
      this.#mine.hidden = false;
    }
    this.#me.draw();
    this.#list.draw();
  }
}
