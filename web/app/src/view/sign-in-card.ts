import { recover, signIn } from '../api.ts';
import { element } from './dom.ts';
import { field, passwordField, requestForm, usernameField } from './request-form.ts';

/** Signs in with a password, or with a recovery code by whoever has forgotten it; `alone` where nothing else is on the screen. */
export function signInCard(done: (account: string) => void | Promise<void>, alone = true): HTMLElement {
  const card = element('section', { class: alone ? 'card' : 'powers', 'data-testid': 'sign-in' });
  const show = (title: string, form: HTMLFormElement, other: string, instead: () => void): void => {
    const button = element('button', { type: 'button', class: 'quiet' }, other);
    button.onclick = instead;
    card.replaceChildren(...(alone ? [element('h1', {}, title)] : []), form, button);
    if (alone || card.isConnected) requestAnimationFrame(() => form.querySelector('input')?.focus());
  };
  const withPassword = (): void => {
    const username = usernameField();
    const password = passwordField('Password', 'password', 'current-password');
    const form = requestForm({
      fields: [username.row, password.row],
      submit: 'Sign in',
      testId: 'sign-in-form',
      async action() {
        await done((await signIn(username.input.value, password.input.value)).account.id);
        return undefined;
      },
    });
    show('Sign in', form, 'I forgot my password', withCode);
  };
  const withCode = (): void => {
    const username = usernameField();
    const code = field({ label: 'Recovery code', name: 'code', autocomplete: 'one-time-code', hint: 'One of those that you kept. It is good once.' });
    const password = passwordField('New password', 'new-password', 'new-password');
    const form = requestForm({
      fields: [username.row, code.row, password.row],
      submit: 'Set the password and sign in',
      testId: 'recovery-form',
      async action() {
        await done((await recover(username.input.value, code.input.value, password.input.value)).account.id);
        return undefined;
      },
    });
    show('Recover your account', form, 'I know my password', withPassword);
  };
  withPassword();
  return card;
}
