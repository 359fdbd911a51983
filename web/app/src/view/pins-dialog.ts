import type { Conversation } from '../conversation.ts';
import { firstLine } from '../first-line.ts';
import { may } from '../permission.ts';
import type { HistoryMessage } from '../wire.ts';
import { dayText, timeText } from './dates.ts';
import { element } from './dom.ts';
import { modal } from './modal.ts';
import { PagedList } from './paged-list.ts';

const ASKED_AT_ONCE = 50;

/** The pinned messages of a conversation, each with the way to it. */
export class PinsDialog {
  readonly element: HTMLDialogElement;
  readonly #conversation: Conversation;
  readonly #list: PagedList<HistoryMessage>;
  #changes: number;

  constructor(conversation: Conversation, goTo: (seq: number) => void) {
    this.#conversation = conversation;
    this.#changes = conversation.pinChanges;
    this.#list = new PagedList({
      label: 'Pinned messages',
      testId: 'pin-list',
      empty: 'Nothing is pinned here.',
      key: ({ seq }) => String(seq),
      look: (message) => JSON.stringify([firstLine(message), message.sender.name, may(conversation.role, 'pin', conversation.kind)]),
      draw: (message) =>
        this.#item(message, () => {
          this.element.close();
          goTo(message.seq);
        }),
      read: async () => ({ entries: await pinned(conversation), next: null }),
    });
    this.element = modal('Pinned messages', 'pinned', this.#list.element);
    void this.#list.load();
  }

  /** Shows what somebody else has pinned, or pins no more. */
  draw(): void {
    if (this.#conversation.pinChanges === this.#changes) return;
    this.#changes = this.#conversation.pinChanges;
    void this.#list.load();
  }

  #item(message: HistoryMessage, show: () => void): HTMLElement {
    const { api, id, kind, role } = this.#conversation;
    const { seq, sender } = message;
    const sentAt = new Date(message.sent_at);
    const line = firstLine(message);
    const open = element(
      'button',
      { type: 'button', class: 'pinned-message' },
      element('strong', { dir: 'auto' }, sender.name),
      element('small', {}, `${dayText(sentAt)}, ${timeText(sentAt)}`),
      element('span', { dir: 'auto' }, line),
    );
    open.onclick = show;
    if (!may(role, 'pin', kind)) return element('li', {}, open);
    const unpin = element('button', { type: 'button', class: 'small', 'aria-label': `Unpin: ${line}` }, 'Unpin');
    unpin.onclick = () => void this.#list.change(() => api.pin(id, seq, false), unpin);
    return element('li', {}, open, unpin);
  }
}

/** The last pinned first, those included that did not fit into the first answer. */
async function pinned({ api, id }: Conversation): Promise<HistoryMessage[]> {
  const { messages, left_out: leftOut = [] } = await api.getPins(id);
  for (let from = 0; from < leftOut.length; from += ASKED_AT_ONCE) {
    messages.push(...(await api.getMessagesAt(id, leftOut.slice(from, from + ASKED_AT_ONCE))).messages);
  }
  return messages;
}
