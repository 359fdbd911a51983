import type { Chat } from '../chat.ts';
import type { Conversation } from '../conversation.ts';
import type { SenderCard } from '../wire.ts';
import { avatar } from './avatar.ts';
import { element } from './dom.ts';
import { checkField, field, requestForm } from './request-form.ts';

/** Brings people into a group: those one talks with, and whoever has a user name. */
export function addPeople(chat: Chat, group: Conversation, isMember: (account: string) => boolean, added: () => void): HTMLElement {
  const known = chat.conversations
    .filter(({ kind, notes }) => kind === 'direct' && !notes)
    .flatMap(({ peer }) => (peer && !isMember(peer.id) ? [peer] : []));
  const checks = known.map((account) => ({ account, ...checkField({ label: account.name, name: 'person', picture: avatar(account) }) }));
  const username = field({
    label: 'User name',
    name: 'username',
    autocomplete: 'off',
    optional: true,
    maxlength: 32,
    hint: 'Of somebody else. Who has none comes by an invitation.',
  });
  const chosen = checks.length === 0 ? undefined : element('fieldset', { class: 'checks' }, element('legend', {}, 'People you talk with'), ...checks.map(({ row }) => row));
  return requestForm({
    fields: [...(chosen ? [chosen] : []), username.row],
    submit: 'Add',
    testId: 'add-form',
    async action() {
      const people: SenderCard[] = checks.filter(({ input }) => input.checked).map(({ account }) => account);
      const typed = username.input.value.trim();
      // A user name becomes an account by way of the chat with it, which stays out of the list until something is said.
      const found = typed === '' ? undefined : (await chat.api.openDirectByName(typed)).conversation.peer;
      if (found) people.push(found);
      if (people.length === 0) return 'Choose somebody, or write a user name.';
      const answer = await chat.api.addMembers(group.id, [...new Set(people.map(({ id }) => id))]);
      username.input.value = '';
      for (const { input } of checks) input.checked = false;
      added();
      const names = (ids: string[]): string => [...new Set(people.filter(({ id }) => ids.includes(id)).map(({ name }) => name))].join(', ');
      return [
        answer.added.length > 0 ? `Added: ${names(answer.added)}.` : '',
        answer.already.length > 0 ? `In already: ${names(answer.already)}.` : '',
        answer.refused.length > 0 ? `Not added: ${names(answer.refused)}. They are banned here, or in too many conversations.` : '',
      ].filter((sentence) => sentence !== '').join(' ');
    },
  });
}
