import type { Conversation } from '../conversation.ts';
import { invitePath } from '../place.ts';
import type { InviteBody, InviteCard } from '../wire.ts';
import { dayText, timeText, untilText } from './dates.ts';
import { element } from './dom.ts';
import { PagedList } from './paged-list.ts';
import { requestForm, selectField } from './request-form.ts';
import { ShareLink } from './share-link.ts';

const EXPIRIES: [string, string][] = [
  ['3600', 'An hour'],
  ['86400', 'A day'],
  ['604800', 'A week'],
  ['2592000', '30 days'],
  ['', 'Until it is revoked'],
];
const USES: [string, string][] = [
  ['1', 'One person'],
  ['10', '10 people'],
  ['100', '100 people'],
  ['', 'Any number of people'],
];

/** The links into a group, for those who may make them. */
export class InviteList {
  readonly element: HTMLElement;
  readonly #conversation: Conversation;
  readonly #nameOf: (account: string) => string;
  readonly #list: PagedList<InviteCard>;
  readonly #link = new ShareLink('Link', 'invite-link');

  constructor(conversation: Conversation, nameOf: (account: string) => string) {
    this.#conversation = conversation;
    this.#nameOf = nameOf;
    this.#list = new PagedList({
      label: 'Invitations',
      testId: 'invites',
      empty: 'No invitation is good now.',
      key: ({ id }) => id,
      look: (invite) => JSON.stringify(invite),
      draw: (invite) => this.#item(invite),
      read: async () => ({ entries: (await conversation.api.getInvites(conversation.id)).invites, next: null }),
    });
    this.#link.element.hidden = true;
    this.element = element('div', { class: 'invites' }, this.#form(), this.#link.element, this.#list.element);
    void this.#list.load();
  }

  load(): void {
    void this.#list.load();
  }

  #form(): HTMLElement {
    const expiry = selectField({ label: 'Good for', name: 'expiry', options: EXPIRIES, value: '604800' });
    const uses = selectField({ label: 'For', name: 'uses', options: USES, value: '' });
    return requestForm({
      fields: [expiry.row, uses.row],
      submit: 'Make a link',
      testId: 'invite-form',
      action: async () => {
        const terms: InviteBody = {};
        if (expiry.chosen() !== '') terms.expires_seconds = Number(expiry.chosen());
        if (uses.chosen() !== '') terms.uses = Number(uses.chosen());
        const { token } = await this.#conversation.api.createInvite(this.#conversation.id, terms);
        this.#link.show(invitePath(token));
        this.#link.element.hidden = false;
        this.#link.select();
        this.#list.load();
        return 'Whoever opens this link can join. It is not shown again.';
      },
    });
  }

  #item(invite: InviteCard): HTMLElement {
    const made = new Date(invite.made_at);
    const terms = termsText(invite);
    const origin = `Made by ${this.#nameOf(invite.maker)}, ${dayText(made)}, ${timeText(made)}`;
    const revoke = element('button', { type: 'button', class: 'small danger', 'aria-label': `Revoke: ${terms}. ${origin}` }, 'Revoke');
    revoke.onclick = () => void this.#list.change(() => this.#conversation.api.revokeInvite(this.#conversation.id, invite.id), revoke);
    return element('li', {}, element('div', {}, element('strong', {}, terms), element('small', { dir: 'auto' }, origin)), revoke);
  }
}

function termsText({ expires_at, uses }: InviteCard): string {
  const people = uses === undefined ? 'For anybody' : uses === 1 ? 'For one more' : `For ${uses} more`;
  if (expires_at === undefined) return `${people}, without an end`;
  return `${people}, ${untilText(new Date(expires_at))}`;
}
