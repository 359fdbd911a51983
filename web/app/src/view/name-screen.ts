import { createGuest } from '../api.ts';
import { randomKey } from '../uuid.ts';
import { problemText } from './attempt.ts';
import { brand } from './brand.ts';
import { element, setText } from './dom.ts';

/** Asks for a name, the only thing needed to take part. */
export function nameScreen(slug: string, suggestion: string, started: () => void, signIn: () => void): HTMLElement {
  const field = element('input', {
    id: 'name',
    'data-testid': 'name-input',
    maxlength: '40',
    required: true,
    autocomplete: 'nickname',
    spellcheck: 'false',
    'aria-describedby': 'name-problem',
  });
  field.value = suggestion;
  const start = element('button', { type: 'submit', class: 'primary', 'data-testid': 'start' }, 'Start talking');
  const account = element('button', { type: 'button', class: 'quiet', 'data-testid': 'have-account' }, 'I have an account');
  account.onclick = signIn;
  const problem = element('p', { id: 'name-problem', class: 'problem', role: 'alert' });

  // Asking again after a lost answer must not make a second guest; another name is another request.
  let key = randomKey();
  let keyFor = suggestion;

  const submit = async (): Promise<void> => {
    const name = field.value.trim();
    if (name === '' || start.disabled) return;
    if (name !== keyFor) [key, keyFor] = [randomKey(), name];
    start.disabled = true;
    setText(problem, '');
    try {
      await createGuest(name, key);
      started();
    } catch (error) {
      setText(problem, problemText(error));
      start.disabled = false;
      field.focus();
    }
  };

  const form = element(
    'form',
    { class: 'card' },
    element('p', { class: 'kicker' }, 'You are about to join'),
    element('h1', { 'data-testid': 'room-title', dir: 'auto' }, slug),
    element('label', { for: 'name' }, 'Your name here'),
    field,
    problem,
    start,
    account,
  );
  form.onsubmit = (event) => {
    event.preventDefault();
    void submit();
  };
  const screen = element('main', { class: 'screen' }, brand(), form);
  requestAnimationFrame(() => {
    field.focus();
    field.select();
  });
  return screen;
}
