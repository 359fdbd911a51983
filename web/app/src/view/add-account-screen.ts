import { createGuest, signUp } from '../api.ts';
import { friendlyName } from '../friendly-name.ts';
import { randomKey } from '../uuid.ts';
import { brand } from './brand.ts';
import { element, fold } from './dom.ts';
import { field, passwordField, requestForm, usernameField } from './request-form.ts';
import { signInCard } from './sign-in-card.ts';

type Added = (account: string) => Promise<void>;

/** The ways to be signed in as one more account. Whoever comes here stays signed in as before. */
export function addAccountScreen(added: Added, back: () => void): HTMLElement {
  const button = element('button', { type: 'button', class: 'quiet' }, 'Back');
  button.onclick = back;
  const title = element('h1', { tabindex: '-1' }, 'Add an account');
  const name = 'add-account';
  requestAnimationFrame(() => title.focus());
  return element(
    'main',
    { class: 'screen top', 'data-testid': 'add-account' },
    brand(),
    title,
    element('p', { class: 'lead' }, 'You stay signed in as you are, and change between your accounts as you like.'),
    fold('Sign in', [signInCard(added, false)], { name, open: true }),
    fold('Make a new account', [signUpForm(added)], { name }),
    fold('Be somebody else as a guest', [guestForm(added)], { name }),
    button,
  );
}

/** The same request again gets the first answer: asking anew after a lost one must not make a second account. */
class Key {
  #look = '';
  #key = '';

  for(look: string): string {
    if (this.#look !== look || this.#key === '') this.#key = randomKey();
    this.#look = look;
    return this.#key;
  }
}

function signUpForm(added: Added): HTMLElement {
  const name = field({ label: 'Name', name: 'name', autocomplete: 'nickname', maxlength: 40 });
  const username = usernameField('Small letters, digits, “_”, “.” and “-”; others find you by it.');
  const password = passwordField('Password', 'new-password', 'new-password');
  const key = new Key();
  return requestForm({
    fields: [name.row, username.row, password.row],
    submit: 'Make the account',
    testId: 'sign-up-form',
    async action() {
      const body = { name: name.input.value.trim(), username: username.input.value.trim(), password: password.input.value };
      await added((await signUp(body, key.for(`${body.name} ${body.username}`))).account.id);
      return undefined;
    },
  });
}

function guestForm(added: Added): HTMLElement {
  const name = field({ label: 'Name', name: 'name', autocomplete: 'off', maxlength: 40, value: friendlyName() });
  const key = new Key();
  return requestForm({
    fields: [name.row],
    submit: 'Go on as this guest',
    testId: 'guest-form',
    async action() {
      const wanted = name.input.value.trim();
      await added((await createGuest(wanted, key.for(wanted))).account.id);
      return undefined;
    },
  });
}
