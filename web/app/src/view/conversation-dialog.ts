import type { Chat } from '../chat.ts';
import type { Conversation } from '../conversation.ts';
import { may } from '../permission.ts';
import { roomPath } from '../place.ts';
import { RoomGuests } from '../room-guests.ts';
import type { MemberCard, SenderCard } from '../wire.ts';
import { addPeople } from './add-people.ts';
import { banList } from './ban-list.ts';
import { confirm } from './confirm.ts';
import { element, fold, setText } from './dom.ts';
import { InviteList } from './invite-list.ts';
import { memberList } from './member-list.ts';
import { modal } from './modal.ts';
import type { Go } from './new-chat-dialog.ts';
import type { PagedList } from './paged-list.ts';
import { PersonDialog } from './person-dialog.ts';
import { SettingsForm } from './settings-form.ts';
import { ShareLink } from './share-link.ts';

/** Who is in a conversation, how it may be used, and what the account may do about that. */
export class ConversationDialog {
  readonly element: HTMLDialogElement;
  readonly #chat: Chat;
  readonly #conversation: Conversation;
  readonly #go: Go;
  readonly #facts = element('p', { class: 'lead' });
  readonly #topic = element('p', { dir: 'auto' });
  readonly #powers = element('div', { class: 'powers' });
  readonly #leaving = element('section');
  readonly #members: PagedList<MemberCard>;
  #bans: PagedList<SenderCard> | undefined;
  #invites: InviteList | undefined;
  #settings: SettingsForm | undefined;
  #person: PersonDialog | undefined;
  #role: string | undefined;
  #memberChanges: number;
  #inviteChanges: number;
  #count: number | undefined;
  #here: RoomGuests | undefined;

  constructor(chat: Chat, conversation: Conversation, go: Go) {
    this.#chat = chat;
    this.#conversation = conversation;
    this.#go = go;
    this.#memberChanges = conversation.memberChanges;
    this.#inviteChanges = conversation.inviteChanges;
    if (conversation.kind === 'room') this.#here = new RoomGuests(conversation, chat.signals.present(conversation.id), () => this.draw());
    this.#members = memberList({
      chat,
      conversation,
      open: (member) => this.#openPerson(member),
      // Who is in a room with somebody sees only that they are there.
      presenceOf: (account) => (this.#here ? this.#here.presenceOf(account) : chat.signals.presenceOf(account)),
    });
    this.element = modal(
      conversation.name,
      'conversation',
      element('div', {}, this.#facts, this.#topic),
      conversation.kind === 'room' ? roomLink(conversation.slug) : undefined,
      element('section', {}, element('h3', {}, 'Members'), this.#members.element),
      this.#powers,
      this.#leaving,
    );
    this.element.addEventListener('close', () => {
      this.#person?.element.close();
      this.#here?.stop();
      chat.watch([]);
    });
    this.#loadMembers();
    this.draw();
  }

  /** Shows what has changed, whoever has changed it. */
  draw(): void {
    const { settings, role, memberChanges, inviteChanges, kind } = this.#conversation;
    setText(this.element.querySelector('h2') as Element, this.#conversation.name);
    const count = this.#count === undefined ? '' : this.#count === 1 ? ', 1 member' : `, ${this.#count} members`;
    setText(this.#facts, `${kind === 'room' ? 'Room' : 'Group'}${count}`);
    setText(this.#topic, settings.topic);
    if (role !== this.#role) {
      this.#role = role;
      this.#drawPowers();
    }
    if (memberChanges !== this.#memberChanges) {
      this.#memberChanges = memberChanges;
      this.#loadMembers();
    }
    if (inviteChanges !== this.#inviteChanges) {
      this.#inviteChanges = inviteChanges;
      this.#invites?.load();
    }
    this.#here?.draw(this.#chat.signals.present(this.#conversation.id));
    this.#members.draw();
    this.#drawLeaving();
    this.#settings?.draw();
    this.#drawPerson();
  }

  #loadMembers(): void {
    void this.#members.load().then(() => {
      if (!this.#here && this.element.isConnected) this.#chat.watch(this.#members.entries.map(({ account }) => account.id));
      this.#drawPerson();
    });
    void this.#bans?.load();
    void this.#chat.api.getConversation(this.#conversation.id).then(
      ({ members }) => {
        this.#count = members;
        this.draw();
      },
      // The list of members tells what is wrong.
      () => {},
    );
  }

  #drawPerson(): void {
    const person = this.#person;
    if (!person) return;
    const member = this.#members.entries.find(({ account }) => account.id === person.account);
    if (member) person.draw(member);
    else person.leave();
  }

  #openPerson(member: MemberCard): void {
    const person = new PersonDialog({
      chat: this.#chat,
      conversation: this.#conversation,
      account: member.account,
      go: (path) => {
        this.element.close();
        this.#go(path);
      },
      changed: () => this.#loadMembers(),
    });
    this.#person = person;
    person.draw(member);
    person.element.addEventListener('close', () => {
      this.#person = undefined;
      // The row that was pressed may have been drawn anew in the meantime.
      if (this.element.open) this.#members.focus(member.account.id);
    });
    document.body.append(person.element);
    person.element.showModal();
  }

  #drawPowers(): void {
    const { role, kind } = this.#conversation;
    this.#bans = may(role, 'ban', kind) ? banList(this.#conversation) : undefined;
    void this.#bans?.load();
    this.#invites = may(role, 'invite', kind) ? new InviteList(this.#conversation, (account) => this.#nameOf(account)) : undefined;
    this.#settings = may(role, 'change-settings', kind) ? new SettingsForm(this.#conversation) : undefined;
    this.#powers.replaceChildren(
      ...(may(role, 'add-members', kind) ? [this.#addPeople()] : []),
      ...(this.#invites ? [fold('Invitations', [this.#invites.element])] : []),
      ...(this.#settings ? [fold('Settings', [this.#settings.element])] : []),
      ...(this.#bans ? [fold('Banned', [this.#bans.element])] : []),
    );
  }

  #nameOf(id: string): string {
    if (id === this.#chat.account.id) return 'you';
    return this.#members.entries.find(({ account }) => account.id === id)?.account.name ?? 'somebody who is not on the list';
  }

  #addPeople(): HTMLElement {
    const isMember = (id: string): boolean => this.#members.entries.some(({ account }) => account.id === id);
    const place = element('div');
    const details = fold('Add people', [place]);
    // Who can be chosen is who is not in when it is opened.
    details.addEventListener('toggle', () => {
      if (details.open) place.replaceChildren(addPeople(this.#chat, this.#conversation, isMember, () => this.#loadMembers()));
    });
    return details;
  }

  #drawLeaving(): void {
    const { kind, role, name, id } = this.#conversation;
    const owns = kind === 'group' && role === 'owner';
    const look = JSON.stringify([owns, this.#count]);
    if (this.#leaving.dataset['look'] === look) return;
    this.#leaving.dataset['look'] = look;
    if (owns && this.#count !== 1) {
      this.#leaving.replaceChildren(element('p', { class: 'lead' }, 'You own this group. To leave it, make another member its owner first.'));
      return;
    }
    const button = element('button', { type: 'button', class: 'danger' }, kind === 'room' ? 'Leave the room' : 'Leave the group');
    button.onclick = () =>
      void confirm({
        question: `Leave ${name}?`,
        explanation: owns
          ? 'You are its only member: the group is gone then.'
          : kind === 'room'
            ? 'You come back by opening it again.'
            : 'You come back only if somebody adds or invites you.',
        keep: 'Stay',
        submit: 'Leave',
        action: async () => {
          await this.#chat.api.leave(id);
          this.element.close();
          this.#go('/');
        },
      });
    this.#leaving.replaceChildren(button);
  }
}

function roomLink(slug: string): HTMLElement {
  const link = new ShareLink('Address of the room', 'room-link');
  link.show(roomPath(slug));
  return link.element;
}
