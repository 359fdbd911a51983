import type { Chat } from '../chat.ts';
import type { AccountCard, SenderCard } from '../wire.ts';
import { AccountList } from './account-list.ts';
import { COLORS, hueOf } from './avatar.ts';
import { blockList } from './block-list.ts';
import { confirm } from './confirm.ts';
import { DeviceList } from './device-list.ts';
import { element, fold } from './dom.ts';
import { modal } from './modal.ts';
import type { PagedList } from './paged-list.ts';
import { ReceiptsChoice } from './receipts-choice.ts';
import { field, passwordField, requestForm, usernameField } from './request-form.ts';
import { personalLink } from './share-link.ts';
import { VisibilityChoice } from './visibility-choice.ts';

/** Everything that an account can do about itself. */
export class AccountDialog {
  readonly element: HTMLDialogElement;
  readonly #chat: Chat;
  readonly #devices: DeviceList;
  readonly #blocked: PagedList<SenderCard>;
  readonly #accounts: AccountList;
  readonly #visibility: VisibilityChoice;
  readonly #receipts: ReceiptsChoice;
  readonly #access = element('div', { class: 'powers' });
  readonly #deletion = element('div');
  #registered: boolean | undefined;
  #devicesSeen: number;
  #blocksSeen: number;

  constructor(chat: Chat) {
    this.#chat = chat;
    this.#devicesSeen = chat.deviceChanges;
    this.#blocksSeen = chat.blocks.changes;
    this.#accounts = new AccountList(chat);
    this.#visibility = new VisibilityChoice(chat);
    this.#receipts = new ReceiptsChoice(chat);
    this.#devices = new DeviceList(chat.api);
    this.#blocked = blockList(chat);
    this.element = modal(
      'Your account',
      'account',
      this.#accounts.element,
      profileForm(chat),
      this.#visibility.element,
      this.#receipts.element,
      this.#access,
      element('h3', {}, 'Devices'),
      this.#devices.element,
      fold('Blocked accounts', [this.#blocked.element]),
      signOutForm(chat),
      fold('Delete your account', [this.#deletion]),
    );
    void this.#devices.load();
    void this.#blocked.load();
    this.draw();
  }

  /** Shows what has changed, also by another device. */
  draw(): void {
    this.#accounts.draw();
    this.#visibility.draw();
    this.#receipts.draw();
    const { username } = this.#chat.account;
    const registered = username !== undefined;
    if (registered !== this.#registered) {
      this.#registered = registered;
      this.#deletion.replaceChildren(deletionForm(this.#chat, registered));
      this.#access.replaceChildren(...(registered ? [linkSection(username), passwordForm(this.#chat), recoveryForm(this.#chat)] : [registrationForm(this.#chat)]));
    }
    if (this.#devicesSeen !== this.#chat.deviceChanges) {
      this.#devicesSeen = this.#chat.deviceChanges;
      void this.#devices.load();
    }
    if (this.#blocksSeen !== this.#chat.blocks.changes) {
      this.#blocksSeen = this.#chat.blocks.changes;
      void this.#blocked.load();
    }
  }
}

function profileForm(chat: Chat): HTMLElement {
  const { account } = chat;
  const name = field({ label: 'Name', name: 'name', autocomplete: 'nickname', maxlength: 40, value: account.name });
  const about = element('textarea', { id: 'about', maxlength: '300', rows: '2', dir: 'auto' });
  about.value = account.about;
  const colors = colorChoice(account);
  return requestForm({
    fields: [
      name.row,
      element('div', { class: 'field' }, element('label', { for: 'about' }, 'About you'), about),
      colors.row,
    ],
    submit: 'Save',
    testId: 'profile-form',
    async action() {
      chat.become(await chat.api.updateAccount({ name: name.input.value.trim(), about: about.value.trim(), color: colors.chosen() }));
      return 'Saved.';
    },
  });
}

function colorChoice(account: AccountCard): { row: HTMLElement; chosen(): number } {
  const inputs = Array.from({ length: COLORS }, (_, color) => {
    const input = element('input', { type: 'radio', name: 'color', value: String(color), 'aria-label': `Colour ${color + 1}` });
    input.checked = color === account.color;
    input.style.setProperty('--hue', String(hueOf(color)));
    return input;
  });
  return {
    row: element('fieldset', { class: 'colors' }, element('legend', {}, 'Colour'), ...inputs),
    chosen: () => inputs.findIndex((input) => input.checked),
  };
}

function registrationForm(chat: Chat): HTMLElement {
  const username = usernameField('Small letters, digits, “_”, “.” and “-”; others find you by it, and you get a link to share.');
  const password = passwordField('Password', 'new-password', 'new-password');
  return element(
    'section',
    {},
    element('h3', {}, 'Keep this account'),
    element('p', { class: 'lead' }, 'With a user name and a password you can sign in on other devices. Your rooms and messages stay yours.'),
    requestForm({
      fields: [username.row, password.row],
      submit: 'Create the account',
      testId: 'registration-form',
      async action() {
        chat.become(await chat.api.register(username.input.value.trim(), password.input.value));
        return undefined;
      },
    }),
  );
}

function linkSection(username: string): HTMLElement {
  return element(
    'section',
    {},
    element('h3', {}, 'Share your link'),
    element('p', { class: 'lead' }, 'Whoever opens it gets into a chat with you. Who has no account picks a name first.'),
    personalLink(username),
  );
}

function passwordForm(chat: Chat): HTMLElement {
  const present = passwordField('Present password', 'password', 'current-password');
  const next = passwordField('New password', 'new-password', 'new-password');
  return element(
    'details',
    {},
    element('summary', {}, 'Change the password'),
    requestForm({
      fields: [present.row, next.row],
      submit: 'Change it',
      testId: 'password-form',
      async action() {
        await chat.api.changePassword(present.input.value, next.input.value);
        present.input.value = '';
        next.input.value = '';
        return 'Changed. All your other devices were signed out.';
      },
    }),
  );
}

function recoveryForm(chat: Chat): HTMLElement {
  const password = passwordField('Password', 'password', 'current-password');
  const codes = element('ol', { class: 'codes', 'data-testid': 'recovery-codes', hidden: true });
  return element(
    'details',
    {},
    element('summary', {}, 'Recovery codes'),
    element('p', { class: 'lead' }, 'If you forget your password, one of these lets you in. New ones make the old ones void.'),
    requestForm({
      fields: [password.row, codes],
      submit: 'Make new codes',
      testId: 'recovery-codes-form',
      async action() {
        const answer = await chat.api.newRecoveryCodes(password.input.value);
        password.input.value = '';
        codes.replaceChildren(...answer.codes.map((code) => element('li', {}, element('code', {}, code))));
        codes.hidden = false;
        return 'Write them down now: they are not shown again.';
      },
    }),
  );
}

function deletionForm(chat: Chat, registered: boolean): HTMLElement {
  const password = passwordField('Password', 'deletion_password', 'current-password');
  const form = requestForm({
    fields: [
      element(
        'p',
        { class: 'lead' },
        'Your account is gone at once, on all your devices, and so is the text of everything that you wrote, for everybody. You leave all rooms and groups. This cannot be undone.',
      ),
      ...(registered ? [password.row] : []),
    ],
    submit: 'Delete my account',
    testId: 'deletion-form',
    async action() {
      await confirm({
        question: 'Delete your account?',
        explanation: 'Everything that you wrote is deleted for everybody. Nobody can bring it back.',
        keep: 'Keep it',
        submit: 'Delete it',
        action: () => chat.deleteAccount(registered ? password.input.value : undefined),
      });
      return undefined;
    },
  });
  form.querySelector('button')?.classList.replace('primary', 'danger');
  return form;
}

function signOutForm(chat: Chat): HTMLElement {
  const guest = chat.account.username === undefined;
  const form = requestForm({
    fields: guest
      ? [element('p', { class: 'lead' }, 'A guest who signs out cannot come back: without a user name nobody can prove to be you.')]
      : [],
    submit: 'Sign out',
    testId: 'sign-out-form',
    async action() {
      await chat.signOut();
      return undefined;
    },
  });
  form.querySelector('button')?.classList.replace('primary', 'danger');
  return form;
}
