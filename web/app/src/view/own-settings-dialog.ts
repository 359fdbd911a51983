import type { Chat } from '../chat.ts';
import type { Conversation } from '../conversation.ts';
import { LEVEL_NAMES } from '../own-settings.ts';
import type { NoticeLevel } from '../wire.ts';
import { element } from './dom.ts';
import { modal } from './modal.ts';
import { field, requestForm, selectField } from './request-form.ts';

const TITLE_CHARACTERS = 80;

/** What a conversation is called by the account alone, and of what in it the account wants to be told. */
export class OwnSettingsDialog {
  readonly element: HTMLDialogElement;

  constructor(chat: Chat, conversation: Conversation) {
    const { ownSettings, commonName } = conversation;
    const name = field({
      label: 'Your name for it',
      name: 'name',
      autocomplete: 'off',
      maxlength: TITLE_CHARACTERS,
      optional: true,
      value: ownSettings.name ?? '',
      hint: `Only you see it. Without one it is called ${commonName}.`,
    });
    const level = selectField({ label: 'Tell me', name: 'level', options: LEVEL_NAMES.map(([value, text]) => [value, text]), value: ownSettings.level });
    this.element = modal(
      'Name and notices',
      'own-settings',
      element('p', { class: 'lead' }, 'This is yours, on all your devices. Nobody else learns of it.'),
      requestForm({
        fields: [name.row, level.row],
        submit: 'Save',
        testId: 'own-settings-form',
        action: async () => {
          await chat.setForOneself(conversation, { name: name.input.value.trim(), level: level.chosen() as NoticeLevel });
          this.element.close();
          return undefined;
        },
      }),
    );
  }
}
