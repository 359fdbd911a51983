import type { Change } from './timeline.ts';
import type { HistoryChange, MembersChange, SenderCard, SettingsCard } from './wire.ts';

type Members = Extract<HistoryChange, { type: 'members' }>;

/** A sentence that stands between the messages. */
export interface Notice {
  key: string;
  sentAt: Date;
  text: string;
}

// More would fill the screen.
const NAMES_SHOWN = 3;

const ROLES = {
  owner: 'the owner',
  admin: 'an admin',
  moderator: 'a moderator',
  member: 'a member',
  read_only: 'a reader, who cannot write',
};

function names(accounts: readonly SenderCard[], me: string): string {
  const all = accounts.map(({ id, name }) => (id === me ? 'you' : name));
  if (all.length > NAMES_SHOWN + 1) return `${all.slice(0, NAMES_SHOWN).join(', ')} and ${all.length - NAMES_SHOWN} others`;
  return all.length < 2 ? (all[0] ?? '') : `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`;
}

const capitalised = (sentence: string): string => sentence.charAt(0).toUpperCase() + sentence.slice(1);

/** A sentence about members who came, went, or have another role. */
export function membersNotice({ actor, accounts, change, role }: Members, me: string): string {
  const who = actor.id === me ? 'You' : actor.name;
  const whom = names(accounts, me);
  const are = accounts.length > 1 || accounts[0]?.id === me ? 'are' : 'is';
  switch (change) {
    case 'added':
      return `${who} added ${whom}`;
    case 'joined':
      return capitalised(`${whom} joined by an invitation`);
    case 'left':
      return capitalised(`${whom} left`);
    case 'removed':
      return `${who} removed ${whom}`;
    case 'banned':
      return `${who} banned ${whom}`;
    case 'unbanned':
      return `${who} lifted the ban on ${whom}`;
    case 'role':
      return capitalised(`${whom} ${are} now ${ROLES[role ?? 'member']}`);
    case 'owner':
      return capitalised(`${whom} ${are} now ${ROLES.owner}`);
  }
}

/** Sentences about what has changed of the settings; none for what nobody sees. */
export function settingsNotices(before: SettingsCard, after: SettingsCard, actor: SenderCard, me: string): string[] {
  const who = actor.id === me ? 'You' : actor.name;
  const sentences: string[] = [];
  if (after.title !== before.title) sentences.push(`${who} changed the name to “${after.title}”`);
  if (after.topic !== before.topic) sentences.push(after.topic === '' ? `${who} removed the topic` : `${who} changed the topic to “${after.topic}”`);
  if (after.listed !== before.listed) sentences.push(`${who} ${after.listed ? 'put the room on' : 'took the room off'} the list of public rooms`);
  if (after.locked !== before.locked) sentences.push(`${who} ${after.locked ? 'locked' : 'unlocked'} the conversation`);
  if (after.slow_mode_seconds !== before.slow_mode_seconds) {
    sentences.push(after.slow_mode_seconds === 0 ? `${who} ended the slow mode` : `${who} let members write once in ${after.slow_mode_seconds} seconds`);
  }
  if (after.history_visible !== before.history_visible) {
    sentences.push(`${who} let new members see ${after.history_visible ? 'what was said before' : 'only what is said from then on'}`);
  }
  return sentences;
}

/** Changes of one kind that follow each other are told in one sentence: of these, whoever has a part in them… */
const TOLD_TOGETHER: ReadonlySet<MembersChange> = new Set(['joined', 'left']);
/** …and of these, if one and the same has done them. */
const TOLD_TOGETHER_OF_ONE: ReadonlySet<MembersChange> = new Set(['added', 'removed', 'banned', 'unbanned']);

function alike(one: Change, other: Change): boolean {
  if (one.type !== 'members' || other.type !== 'members' || one.change !== other.change) return false;
  if (new Date(one.sent_at).toDateString() !== new Date(other.sent_at).toDateString()) return false;
  return TOLD_TOGETHER.has(one.change) || (TOLD_TOGETHER_OF_ONE.has(one.change) && one.actor.id === other.actor.id);
}

/** Sentences about changes between which nothing was said. */
export function noticesOf(changes: readonly Change[], me: string): Notice[] {
  const notices: Notice[] = [];
  for (let next = 0; next < changes.length; ) {
    const first = changes[next] as Change;
    const folded = [first];
    for (let other = changes[++next]; other && alike(first, other); other = changes[++next]) folded.push(other);
    for (const text of sentences(folded, me)) {
      notices.push({ key: `notice/${first.seq}/${text}`, sentAt: new Date((folded.at(-1) ?? first).sent_at), text });
    }
  }
  return notices;
}

function sentences(folded: readonly Change[], me: string): string[] {
  const [first] = folded;
  if (first?.type === 'members') {
    const accounts = new Map(folded.flatMap((change) => (change.type === 'members' ? change.accounts : [])).map((card) => [card.id, card]));
    return [membersNotice({ ...first, accounts: [...accounts.values()] }, me)];
  }
  if (first?.type !== 'conversation_changed') return [];
  const { before, actor } = first;
  // What a conversation was before anything was known of it has the version 0.
  if (before && before.version > 0 && before.version < first.version) return settingsNotices(before, first, actor, me);
  return [`${actor.id === me ? 'You' : actor.name} changed the settings`];
}
