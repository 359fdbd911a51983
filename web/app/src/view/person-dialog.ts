import type { Chat } from '../chat.ts';
import type { Conversation } from '../conversation.ts';
import { grantable, may, outranks, ROLE_NAMES, type Action } from '../permission.ts';
import { chatPath } from '../place.ts';
import type { Standing } from '../standing.ts';
import type { Role, SenderCard } from '../wire.ts';
import { attempt } from './attempt.ts';
import { accountName, avatar } from './avatar.ts';
import { confirm } from './confirm.ts';
import { element, setText } from './dom.ts';
import { memberText } from './member-list.ts';
import { modal } from './modal.ts';
import type { Go } from './new-chat-dialog.ts';
import { requestForm, selectField } from './request-form.ts';

const MUTES: [string, string][] = [
  ['600', '10 minutes'],
  ['3600', 'An hour'],
  ['86400', 'A day'],
  ['604800', 'A week'],
];

export interface PersonDialogOptions {
  chat: Chat;
  conversation: Conversation;
  account: SenderCard;
  go: Go;
  /** Something about the members is not as it was. */
  changed(): void;
}

/**
 * What one member can do about another. What they may not do is not there, as far as it is known where the other stands:
 * among very many members the server says no.
 */
export class PersonDialog {
  readonly element: HTMLDialogElement;
  readonly #options: PersonDialogOptions;
  readonly #role = element('small');
  readonly #block = element('button', { type: 'button', class: 'small danger' });
  readonly #problem = element('p', { class: 'problem', role: 'alert' });
  readonly #powers = element('div', { class: 'powers' });
  #choice: ReturnType<typeof selectField> | undefined;
  #lift: HTMLButtonElement | undefined;
  #drawnRole: Role | undefined;
  #look = '';
  #asking = false;
  #gone = false;

  constructor(options: PersonDialogOptions) {
    this.#options = options;
    const { account } = options;
    const talk = element('button', { type: 'button', class: 'small' }, 'Send a message');
    talk.onclick = () => void this.#talk(talk);
    this.#block.onclick = () => void this.#toggleBlock();
    this.element = modal(
      account.name,
      'person',
      element('div', { class: 'person' }, avatar(account), element('span', { class: 'who' }, accountName(account), this.#role)),
      element('div', { class: 'answers' }, talk, this.#block),
      this.#problem,
      this.#powers,
    );
    this.draw(undefined);
  }

  get account(): string {
    return this.#options.account.id;
  }

  /** Shows where the two stand now, once that is known. */
  draw(standing: Standing | undefined): void {
    const { chat, conversation } = this.#options;
    setText(this.#block, chat.blocks.has(this.account) ? 'Unblock' : 'Block');
    setText(this.#role, standingText(standing));
    const role = typeof standing === 'object' ? standing.role : undefined;
    const look = JSON.stringify([conversation.role, role ? outranks(conversation.role, role) : standing]);
    if (look !== this.#look) {
      this.#look = look;
      this.#choice = undefined;
      this.#lift = undefined;
      this.#powers.replaceChildren(...(standing === undefined ? [] : this.#forms(standing)));
    } else if (role && role !== this.#drawnRole) {
      this.#choice?.choose(role);
    }
    this.#drawnRole = role;
    // Those who may mute are told who is muted, if they know where the other stands.
    if (this.#lift) this.#lift.hidden = typeof standing === 'object' && standing.muted_until === undefined;
  }

  /** Closes for somebody who is not a member any more. */
  leave(): void {
    this.#gone = true;
    // The question in front of it is closed first, so that the focus finds its way back.
    if (!this.#asking) this.element.close();
  }

  #forms(standing: Standing): HTMLElement[] {
    const { role, kind } = this.#options.conversation;
    const theirs = typeof standing === 'object' ? standing.role : undefined;
    const below = theirs === undefined || outranks(role, theirs);
    const can = (action: Action): boolean =>
      below && may(role, action, kind) && (standing !== 'absent' || action === 'ban');
    return [
      ...(theirs && can('set-role') ? [this.#roleForm(role, theirs)] : []),
      ...(can('mute') ? [this.#muteForm()] : []),
      ...(can('remove') || can('ban') ? [this.#buttons(can)] : []),
    ];
  }

  #roleForm(own: Role, theirs: Role): HTMLElement {
    const options = grantable(own).toReversed().map((role): [string, string] => [role, ROLE_NAMES[role]]);
    const choice = selectField({ label: 'Role', name: 'role', options, value: theirs });
    this.#choice = choice;
    return requestForm({
      fields: [choice.row],
      submit: 'Change the role',
      testId: 'role-form',
      action: async () => {
        const { conversation } = this.#options;
        await conversation.api.setRole(conversation.id, this.account, choice.chosen() as Role);
        this.#options.changed();
        return 'Changed.';
      },
    });
  }

  #muteForm(): HTMLElement {
    const { conversation } = this.#options;
    const choice = selectField({ label: 'Mute for', name: 'mute', options: MUTES, value: '600' });
    const lift = element('button', { type: 'button', class: 'small' }, 'End the mute');
    this.#lift = lift;
    const outcome = element('p', { class: 'success', role: 'status' });
    lift.onclick = async () => {
      if (!(await attempt(this.#problem, () => conversation.api.liftMute(conversation.id, this.account), lift))) return;
      setText(outcome, 'They may write.');
      // The button goes, since there is nothing more to end.
      form.querySelector('button')?.focus();
      this.#options.changed();
    };
    const form = requestForm({
      fields: [choice.row],
      submit: 'Mute',
      testId: 'mute-form',
      action: async () => {
        setText(outcome, '');
        await conversation.api.mute(conversation.id, this.account, Number(choice.chosen()));
        this.#options.changed();
        return 'They read, and cannot write until then.';
      },
    });
    return element('section', {}, form, outcome, lift);
  }

  #buttons(can: (action: Action) => boolean): HTMLElement {
    const { conversation, account } = this.#options;
    const { name } = account;
    const button = (label: string, question: string, explanation: string, action: () => Promise<void>): HTMLElement => {
      const node = element('button', { type: 'button', class: 'small danger' }, label);
      node.onclick = () => void this.#ask(label, question, explanation, action);
      return node;
    };
    const { id, kind } = conversation;
    const comeBack = kind === 'room' ? 'They can open the room again.' : 'They can be added again, and come by an invitation.';
    return element(
      'div',
      { class: 'answers' },
      can('remove') ? button('Remove', `Remove ${name}?`, comeBack, () => conversation.api.removeMember(id, this.account)) : undefined,
      can('ban') ? button('Ban', `Ban ${name}?`, `They cannot come back until the ban is lifted.`, () => conversation.api.ban(id, this.account)) : undefined,
      can('hand-over')
        ? button('Make owner', `Hand over to ${name}?`, 'You are an admin then, and only they can give it back.', () => conversation.api.handOver(id, this.account))
        : undefined,
    );
  }

  async #ask(submit: string, question: string, explanation: string, action: () => Promise<void>): Promise<void> {
    this.#asking = true;
    await confirm({
      question,
      explanation,
      keep: 'Leave it as it is',
      submit,
      action: async () => {
        await action();
        this.#options.changed();
      },
    });
    this.#asking = false;
    if (this.#gone) this.element.close();
  }

  async #talk(button: HTMLButtonElement): Promise<void> {
    const { chat, go } = this.#options;
    await attempt(
      this.#problem,
      async () => {
        const { id } = chat.take((await chat.api.openDirect(this.account)).conversation);
        this.element.close();
        go(chatPath(id));
      },
      button,
    );
  }

  async #toggleBlock(): Promise<void> {
    const { chat } = this.#options;
    await attempt(this.#problem, () => (chat.blocks.has(this.account) ? chat.unblock(this.account) : chat.block(this.account)), this.#block);
  }
}

function standingText(standing: Standing | undefined): string {
  if (standing === undefined || standing === 'unknown') return '';
  return standing === 'absent' ? 'Not a member any more' : memberText(standing);
}
