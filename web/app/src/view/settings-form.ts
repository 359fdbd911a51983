import type { Conversation } from '../conversation.ts';
import type { SettingsBody, SettingsCard } from '../wire.ts';
import { checkField, field, requestForm, selectField } from './request-form.ts';

const SLOW_MODES: [string, string][] = [
  ['0', 'As often as they like'],
  ['10', 'Once in 10 seconds'],
  ['30', 'Once in 30 seconds'],
  ['60', 'Once a minute'],
  ['300', 'Once in 5 minutes'],
  ['900', 'Once in 15 minutes'],
  ['3600', 'Once an hour'],
];

/** What a conversation is called and how it may be used, for those who may change it. */
export class SettingsForm {
  readonly element: HTMLFormElement;
  readonly #conversation: Conversation;
  readonly #title: ReturnType<typeof field>;
  readonly #topic: ReturnType<typeof field>;
  readonly #slow: ReturnType<typeof selectField>;
  readonly #locked: ReturnType<typeof checkField>;
  readonly #listed: ReturnType<typeof checkField>;
  readonly #history: ReturnType<typeof checkField>;
  #shown: SettingsCard;

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
    this.#shown = conversation.settings;
    const { title, topic, slow_mode_seconds, listed, locked, history_visible } = this.#shown;
    this.#title = field({ label: 'Name', name: 'title', autocomplete: 'off', maxlength: 80, value: title });
    this.#topic = field({ label: 'Topic', name: 'topic', autocomplete: 'off', maxlength: 300, optional: true, value: topic });
    this.#slow = selectField({ label: 'Members write', name: 'slow', options: SLOW_MODES, value: String(slow_mode_seconds) });
    this.#locked = checkField({ label: 'Locked: only moderators, admins and the owner write', name: 'locked', checked: locked });
    this.#listed = checkField({ label: 'Everybody finds it in the list of public rooms', name: 'listed', checked: listed });
    this.#history = checkField({ label: 'New members see what was said before', name: 'history', checked: history_visible });
    this.element = requestForm({
      fields: [this.#title.row, this.#topic.row, this.#slow.row, this.#locked.row, conversation.kind === 'room' ? this.#listed.row : this.#history.row],
      submit: 'Save',
      testId: 'settings-form',
      action: () => this.#save(),
    });
  }

  /** Shows what somebody else has changed, but for what is being edited here. */
  draw(): void {
    const now = this.#conversation.settings;
    const before = this.#shown;
    if (now.version === before.version) return;
    this.#shown = now;
    if (this.#title.input.value === before.title) this.#title.input.value = now.title;
    if (this.#topic.input.value === before.topic) this.#topic.input.value = now.topic;
    if (this.#slow.chosen() === String(before.slow_mode_seconds)) this.#slow.choose(String(now.slow_mode_seconds));
    if (this.#locked.input.checked === before.locked) this.#locked.input.checked = now.locked;
    if (this.#listed.input.checked === before.listed) this.#listed.input.checked = now.listed;
    if (this.#history.input.checked === before.history_visible) this.#history.input.checked = now.history_visible;
  }

  async #save(): Promise<string> {
    const { title, topic, slow_mode_seconds, listed, locked, history_visible } = this.#shown;
    const change: SettingsBody = {};
    if (this.#title.input.value.trim() !== title) change.title = this.#title.input.value.trim();
    if (this.#topic.input.value.trim() !== topic) change.topic = this.#topic.input.value.trim();
    if (this.#slow.chosen() !== String(slow_mode_seconds)) change.slow_mode_seconds = Number(this.#slow.chosen());
    if (this.#locked.input.checked !== locked) change.locked = this.#locked.input.checked;
    if (this.#listed.input.checked !== listed) change.listed = this.#listed.input.checked;
    if (this.#history.input.checked !== history_visible) change.history_visible = this.#history.input.checked;
    if (Object.keys(change).length === 0) return 'There is nothing to save.';
    this.#conversation.learn(await this.#conversation.api.changeConversation(this.#conversation.id, change));
    this.draw();
    return 'Saved.';
  }
}
