import type { Chat } from '../chat.ts';
import type { Conversation } from '../conversation.ts';
import { MUTES, silentUntil } from '../own-settings.ts';
import type { OwnSettingsBody } from '../wire.ts';
import { element, icon, type IconName } from './dom.ts';
import type { MenuItem } from './menu.ts';
import { OwnSettingsDialog } from './own-settings-dialog.ts';

/** Asks for something, tells if it is refused, and gives the focus back. */
export type Doing = (work: () => Promise<unknown>) => void;

type Setting = (label: string, name: IconName, change: OwnSettingsBody) => MenuItem;

/** What one can do about a conversation for oneself alone. */
export function conversationMenu(chat: Chat, conversation: Conversation, doing: Doing, left: () => void): MenuItem[] {
  const { ownSettings, mark, notes } = conversation;
  const item = (label: string, name: IconName, action: () => void): MenuItem => ({ label, icon: name, action });
  const set: Setting = (label, name, change) =>
    item(label, name, () => doing(() => chat.setForOneself(conversation, change)));
  const muted = silentUntil(ownSettings, Date.now()) !== undefined;
  const read = chat.unreadIn(conversation) > 0 || mark.markedFrom !== undefined;
  return [
    ...(read ? [item('Mark as read', 'check', () => doing(() => conversation.markRead()))] : []),
    ...(!read && conversation.lastSeq > 0 ? [item('Mark as unread', 'unread', () => doing(() => chat.markUnread(conversation)))] : []),
    set(ownSettings.pinned ? 'Unpin from the top' : 'Pin to the top', 'pin', { pinned: !ownSettings.pinned }),
    ...(notes ? [] : muted ? [set('Unmute', 'bell', { muted_until: null })] : muteItems(set)),
    set(ownSettings.archived ? 'Take out of the archive' : 'Archive', 'archive', { archived: !ownSettings.archived }),
    item('Name and notices…', 'tuning', () => {
      const dialog = new OwnSettingsDialog(chat, conversation).element;
      dialog.addEventListener('close', left);
      document.body.append(dialog);
      dialog.showModal();
    }),
  ];
}

const muteItems = (set: Setting): MenuItem[] =>
  MUTES.map(({ label, until }) => set(label, 'silent', { muted_until: new Date(until(Date.now())).toISOString() }));

/** The button that opens it. */
export const conversationMenuButton = (label: string): HTMLButtonElement =>
  element(
    'button',
    { type: 'button', class: 'icon-button', 'aria-label': label, title: label, 'aria-haspopup': 'menu', 'aria-expanded': 'false' },
    icon('more'),
  );
