import type { Record as EventRecord, SenderCard, SettingsCard } from './wire.ts';

type MembersRecord = Extract<EventRecord, { type: 'members' }>;

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
export function membersNotice({ actor, accounts, change, role }: MembersRecord, me: string): string {
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
