import type { Conversation } from './conversation.ts';
import type { Candidate } from './mentions.ts';
import { may } from './permission.ts';
import type { MembersPage, SenderCard } from './wire.ts';

const PAGES_READ = 5;
const PAGE_MEMBERS = 200;
export const EVERYBODY = 'all';

/** Who can be named in one conversation: whoever spoke last at first. Members are read when somebody is about to be named. */
export class Candidates {
  readonly #conversation: Conversation;
  readonly #changed: () => void;
  #members: readonly SenderCard[] = [];
  /** Whether these are all members. */
  #whole = false;
  #asked: number | undefined;

  constructor(conversation: Conversation, changed: () => void) {
    this.#conversation = conversation;
    this.#changed = changed;
  }

  get list(): Candidate[] {
    const { kind, notes, peer, role, timeline, api } = this.#conversation;
    if (kind === 'direct') return peer && !notes ? [{ name: peer.name, account: peer.id }] : [];
    void this.#load();
    const found = new Map<string, SenderCard>();
    const members = new Map(this.#members.map((member) => [member.id, member]));
    for (const { sender } of timeline.messages.toReversed()) {
      if (!this.#whole || members.has(sender.id)) found.set(sender.id, members.get(sender.id) ?? sender);
    }
    for (const member of this.#members) if (!found.has(member.id)) found.set(member.id, member);
    found.delete(api.account);
    const everybody: Candidate[] = may(role, 'name-all', kind) ? [{ name: EVERYBODY, account: undefined }] : [];
    return [...[...found.values()].map(({ id, name }) => ({ name, account: id })), ...everybody];
  }

  async #load(): Promise<void> {
    const { id, api, memberChanges } = this.#conversation;
    if (this.#asked === memberChanges) return;
    this.#asked = memberChanges;
    try {
      const members: SenderCard[] = [];
      let after: string | null | undefined;
      for (let page = 0; page < PAGES_READ && after !== null; page++) {
        const read: MembersPage = await api.getMembers(id, after, PAGE_MEMBERS);
        members.push(...read.members.map(({ account }) => account));
        after = read.next;
      }
      this.#members = members;
      this.#whole = after === null;
      this.#changed();
    } catch {
      // Asked again with the next name; until then there are those who spoke.
      this.#asked = undefined;
    }
  }
}
