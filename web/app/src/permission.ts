import type { Kind, Role } from './wire.ts';

/** What a member may be allowed to do; the server has the last word. */
export type Action =
  | 'write'
  | 'write-locked'
  | 'write-at-once'
  | 'delete-any'
  | 'pin'
  | 'name-all'
  | 'add-members'
  | 'remove'
  | 'ban'
  | 'mute'
  | 'set-role'
  | 'hand-over'
  | 'change-settings'
  | 'invite'
  | 'see-members';

/** From below to above. */
export const ROLES: readonly Role[] = ['read_only', 'member', 'moderator', 'admin', 'owner'];

const LOWEST: Record<Action, Role> = {
  'see-members': 'read_only',
  write: 'member',
  'write-locked': 'moderator',
  'write-at-once': 'moderator',
  'delete-any': 'moderator',
  pin: 'moderator',
  'name-all': 'member',
  remove: 'moderator',
  ban: 'moderator',
  mute: 'moderator',
  'add-members': 'admin',
  invite: 'admin',
  'set-role': 'admin',
  'change-settings': 'admin',
  'hand-over': 'owner',
};

/** Into a room everybody comes by its address. */
const NOT_IN_ROOMS: readonly Action[] = ['add-members', 'invite'];

/** A room may be so large that not everybody is to call all of it. */
const LOWEST_IN_ROOMS: Partial<Record<Action, Role>> = { 'name-all': 'moderator' };

/** In a direct chat the two may do the same, and there is nobody else. */
const IN_DIRECT: readonly Action[] = ['write', 'pin'];

/** Whether a member in this role may. */
export function may(role: Role, action: Action, kind: Kind): boolean {
  if (kind === 'direct') return IN_DIRECT.includes(action);
  if (kind === 'room' && NOT_IN_ROOMS.includes(action)) return false;
  const lowest = (kind === 'room' ? LOWEST_IN_ROOMS[action] : undefined) ?? LOWEST[action];
  return ROLES.indexOf(role) >= ROLES.indexOf(lowest);
}

/** Only who stands above another may do something to them. */
export const outranks = (role: Role, other: Role): boolean => ROLES.indexOf(role) > ROLES.indexOf(other);

/** The roles that a member in this one may give to who stands below: those below its own. */
export const grantable = (role: Role): Role[] => ROLES.filter((other) => outranks(role, other));

/** What people call the roles. */
export const ROLE_NAMES: Record<Role, string> = {
  owner: 'Owner',
  admin: 'Admin',
  moderator: 'Moderator',
  member: 'Member',
  read_only: 'Reads only',
};
