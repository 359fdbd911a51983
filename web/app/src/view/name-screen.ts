import { createGuest } from '../api.ts';
import { randomKey } from '../uuid.ts';
import { problemText } from './attempt.ts';
import { brand } from './brand.ts';
import { element, setText } from './dom.ts';

export interface NameScreenOptions {
  /** What one takes part in, as far as that is known. */
  title: string;
  kicker: string;
  /** What one should know before. */
  lead?: string;
  suggestion: string;
  start: string;
  started(): void;
  signIn(): void;
}

/** Asks for a name, the only thing needed to take part. */
export function nameScreen({ title, kicker, lead, suggestion, start: label, started, signIn }: NameScreenOptions): HTMLElement {
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
  const start = element('button', { type: 'submit', class: 'primary', 'data-testid': 'start' }, label);
  const account = element('button', { type: 'button', class: 'quiet', 'data-testid': 'have-account' }, 'I have an account');
  account.onclick = () => signIn();
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
    element('p', { class: 'kicker' }, kicker),
    element('h1', { 'data-testid': 'room-title', dir: 'auto' }, title),
    lead === undefined ? undefined : element('p', { class: 'lead' }, lead),
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
