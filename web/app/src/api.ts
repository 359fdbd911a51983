import { deviceName } from './device-name.ts';
import { eventsPath, type View } from './reading/transport.ts';
import { request, type RequestOptions } from './request.ts';
import type {
  AccountCard,
  AccountUpdateBody,
  AddAnswer,
  BansPage,
  BlocksPage,
  ConversationCard,
  DevicesAnswer,
  EditBody,
  GroupBody,
  GuestAnswer,
  HistoryPage,
  InviteAnswer,
  InviteBody,
  InvitedAnswer,
  InvitesAnswer,
  MembersPage,
  MessageList,
  OwnSettingsBody,
  OwnSettingsCard,
  OwnStatus,
  Poll,
  PreferencesBody,
  PreferencesCard,
  PresentPage,
  ReactionsPage,
  ReadersPage,
  ReceiptsAnswer,
  RecoveryCodesAnswer,
  Role,
  RoomAnswer,
  RoomsPage,
  SendAnswer,
  SendBody,
  SessionAnswer,
  SessionsAnswer,
  SettingsBody,
  SignUpBody,
  SyncConversation,
  SyncPage,
} from './wire.ts';

const conversationPath = (id: string): string => `/v1/conversations/${encodeURIComponent(id)}`;

const accountPath = (list: string, account: string): string => `${list}/${encodeURIComponent(account)}`;

/** The page of a list that follows one of its entries; the first one without. */
const pageAfter = (list: string, entry: string | undefined, limit = 100): string => {
  const after = entry === undefined ? '' : `&after=${encodeURIComponent(entry)}`;
  return `${list}?limit=${limit}${after}`;
};

const thisDevice = () => ({ session: 'cookie', device_name: deviceName(navigator.userAgent) });

const invitePath = (token: string): string => `/v1/invites/${encodeURIComponent(token)}`;

export const createGuest = (name: string, key: string): Promise<GuestAnswer> =>
  request('POST', '/v1/guests', { body: { name, session: 'cookie' }, headers: { 'Idempotency-Key': key } });

export const signIn = (username: string, password: string): Promise<GuestAnswer> =>
  request('POST', '/v1/sessions', { body: { username, password, ...thisDevice() } });

export const recover = (username: string, recoveryCode: string, newPassword: string): Promise<GuestAnswer> =>
  request('POST', '/v1/account/recovery', {
    body: { username, recovery_code: recoveryCode, new_password: newPassword, ...thisDevice() },
  });

export const signUp = (body: SignUpBody, key: string): Promise<GuestAnswer> =>
  request('POST', '/v1/accounts', { body: { ...body, ...thisDevice() }, headers: { 'Idempotency-Key': key } });

/** As which accounts the browser is signed in. */
export const getSessions = (): Promise<SessionsAnswer> => request('GET', '/v1/sessions');

/** What has come for these accounts after a place. */
export const poll = (
  accounts: readonly string[],
  after: string,
  waitSeconds: number,
  view: View | undefined,
  signal: AbortSignal,
): Promise<Poll> => {
  const wait = waitSeconds > 0 ? `&wait=${waitSeconds}` : '';
  return request('GET', `${eventsPath(accounts, after, view)}${wait}`, { signal });
};

/** What a stream that takes no commands looks at. */
export const setView = (stream: string, { as, ...looked }: View): Promise<void> =>
  request('POST', '/v1/view', { body: { stream, ...looked }, account: as });

/** These accounts' devices have everything up to a place. Polls say so by where they go on. */
export const acknowledge = (accounts: readonly string[], cursor: string): Promise<void> =>
  request('POST', `/v1/ack?accounts=${accounts.map(encodeURIComponent).join(',')}`, { body: { cursor } });

/** What one of the accounts asks that the browser is signed in as. */
export class Api {
  readonly account: string;

  constructor(account: string) {
    this.account = account;
  }

  /** Who asks, and from which device. */
  readonly getSession = (): Promise<SessionAnswer> => this.#request('GET', '/v1/session');

  readonly signOut = (): Promise<void> => this.#request('DELETE', '/v1/session');

  /** A guest has no password. */
  readonly deleteAccount = (password: string | undefined): Promise<void> =>
    this.#request('POST', '/v1/account/deletion', { body: { password } });

  readonly register = (username: string, password: string): Promise<AccountCard> =>
    this.#request('POST', '/v1/account/registration', { body: { username, password } });

  readonly updateAccount = (update: AccountUpdateBody): Promise<AccountCard> =>
    this.#request('PATCH', '/v1/account', { body: update });

  readonly changePassword = (password: string, newPassword: string): Promise<void> =>
    this.#request('PUT', '/v1/account/password', { body: { password, new_password: newPassword } });

  readonly newRecoveryCodes = (password: string): Promise<RecoveryCodesAnswer> =>
    this.#request('POST', '/v1/account/recovery-codes', { body: { password } });

  readonly getDevices = (): Promise<DevicesAnswer> => this.#request('GET', '/v1/devices');

  readonly removeDevice = (device: string): Promise<void> =>
    this.#request('DELETE', `/v1/devices/${encodeURIComponent(device)}`);

  readonly removeOtherDevices = (): Promise<void> => this.#request('DELETE', '/v1/devices');

  readonly getRooms = (after?: string, limit?: number): Promise<RoomsPage> =>
    this.#request('GET', pageAfter('/v1/rooms', after, limit));

  readonly openRoom = (slug: string): Promise<RoomAnswer> =>
    this.#request('PUT', `/v1/rooms/${encodeURIComponent(slug)}`);

  readonly sendMessage = (conversation: string, message: SendBody): Promise<SendAnswer> =>
    this.#request('POST', `${conversationPath(conversation)}/messages`, { body: message });

  readonly deleteMessage = (conversation: string, seq: number): Promise<SendAnswer> =>
    this.#request('DELETE', `${conversationPath(conversation)}/messages/${seq}`);

  readonly editMessage = (conversation: string, seq: number, message: EditBody): Promise<SendAnswer> =>
    this.#request('PATCH', `${conversationPath(conversation)}/messages/${seq}`, { body: message });

  /** Nothing is answered where there was nothing to take back. */
  readonly react = (conversation: string, seq: number, emoji: string, on: boolean): Promise<SendAnswer | undefined> =>
    this.#request(on ? 'PUT' : 'DELETE', `${conversationPath(conversation)}/messages/${seq}/reactions/${encodeURIComponent(emoji)}`);

  readonly getReactions = (conversation: string, seq: number, after?: string): Promise<ReactionsPage> =>
    this.#request('GET', pageAfter(`${conversationPath(conversation)}/messages/${seq}/reactions`, after));

  readonly pin = (conversation: string, seq: number, pinned: boolean): Promise<SendAnswer | undefined> =>
    this.#request(pinned ? 'PUT' : 'DELETE', `${conversationPath(conversation)}/pins/${seq}`);

  readonly getPins = (conversation: string): Promise<MessageList> => this.#request('GET', `${conversationPath(conversation)}/pins`);

  readonly getMessages = (
    conversation: string,
    query: { before?: number; after?: number; around?: number; limit?: number } = {},
  ): Promise<HistoryPage> => {
    const parameters = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
    return this.#request('GET', `${conversationPath(conversation)}/messages?${parameters}`);
  };

  /** Up to 50 messages, by their rows; those that there are, and what of them fits. */
  readonly getMessagesAt = (conversation: string, seqs: readonly number[]): Promise<MessageList> =>
    this.#request('GET', `${conversationPath(conversation)}/messages?seqs=${seqs.join(',')}`);

  readonly getConversation = (id: string): Promise<ConversationCard> => this.#request('GET', conversationPath(id));

  readonly changeConversation = (id: string, settings: SettingsBody): Promise<ConversationCard> =>
    this.#request('PATCH', conversationPath(id), { body: settings });

  readonly leave = (id: string): Promise<void> => this.#request('DELETE', `${conversationPath(id)}/membership`);

  readonly createGroup = (group: GroupBody): Promise<ConversationCard> => this.#request('POST', '/v1/groups', { body: group });

  readonly getMembers = (id: string, after?: string, limit?: number): Promise<MembersPage> =>
    this.#request('GET', pageAfter(`${conversationPath(id)}/members`, after, limit));

  readonly addMembers = (id: string, accounts: string[]): Promise<AddAnswer> =>
    this.#request('POST', `${conversationPath(id)}/members`, { body: { accounts } });

  readonly removeMember = (id: string, account: string): Promise<void> =>
    this.#request('DELETE', accountPath(`${conversationPath(id)}/members`, account));

  readonly setRole = (id: string, account: string, role: Role): Promise<void> =>
    this.#request('PUT', `${accountPath(`${conversationPath(id)}/members`, account)}/role`, { body: { role } });

  readonly handOver = (id: string, account: string): Promise<void> =>
    this.#request('POST', `${conversationPath(id)}/owner`, { body: { account } });

  readonly getBans = (id: string, after?: string): Promise<BansPage> =>
    this.#request('GET', pageAfter(`${conversationPath(id)}/bans`, after));

  readonly ban = (id: string, account: string): Promise<void> =>
    this.#request('PUT', accountPath(`${conversationPath(id)}/bans`, account));

  readonly liftBan = (id: string, account: string): Promise<void> =>
    this.#request('DELETE', accountPath(`${conversationPath(id)}/bans`, account));

  readonly mute = (id: string, account: string, seconds: number): Promise<void> =>
    this.#request('PUT', accountPath(`${conversationPath(id)}/mutes`, account), { body: { seconds } });

  readonly liftMute = (id: string, account: string): Promise<void> =>
    this.#request('DELETE', accountPath(`${conversationPath(id)}/mutes`, account));

  readonly createInvite = (id: string, terms: InviteBody): Promise<InviteAnswer> =>
    this.#request('POST', `${conversationPath(id)}/invites`, { body: terms });

  readonly getInvites = (id: string): Promise<InvitesAnswer> => this.#request('GET', `${conversationPath(id)}/invites`);

  readonly revokeInvite = (id: string, invite: string): Promise<void> =>
    this.#request('DELETE', `${conversationPath(id)}/invites/${encodeURIComponent(invite)}`);

  readonly getInvited = (token: string): Promise<InvitedAnswer> => this.#request('GET', invitePath(token));

  readonly acceptInvite = (token: string): Promise<RoomAnswer> => this.#request('POST', invitePath(token));

  readonly read = (id: string, seq: number): Promise<void> => this.#request('PUT', `${conversationPath(id)}/read`, { body: { seq } });

  readonly markUnread = (id: string, seq: number): Promise<void> =>
    this.#request('PUT', `${conversationPath(id)}/unread`, { body: { seq } });

  readonly getReceipts = (id: string): Promise<ReceiptsAnswer> => this.#request('GET', `${conversationPath(id)}/receipts`);

  readonly getReaders = (id: string, seq: number, after?: string): Promise<ReadersPage> =>
    this.#request('GET', pageAfter(`${conversationPath(id)}/messages/${seq}/readers`, after));

  readonly getPreferences = (): Promise<PreferencesCard> => this.#request('GET', '/v1/account/preferences');

  readonly setPreferences = (preferences: PreferencesBody): Promise<PreferencesCard> =>
    this.#request('PATCH', '/v1/account/preferences', { body: preferences });

  readonly changeOwnSettings = (id: string, settings: OwnSettingsBody): Promise<OwnSettingsCard> =>
    this.#request('PATCH', `${conversationPath(id)}/settings`, { body: settings });

  readonly putDraft = (id: string, device: string, text: string): Promise<void> =>
    this.#request('PUT', `${conversationPath(id)}/drafts/${encodeURIComponent(device)}`, { body: { text } });

  readonly getAccount = (account: string): Promise<AccountCard> => this.#request('GET', accountPath('/v1/accounts', account));

  readonly setPresence = (status: OwnStatus): Promise<void> => this.#request('PUT', '/v1/presence', { body: { status } });

  readonly typing = (conversation: string, on: boolean): Promise<void> =>
    this.#request('POST', `${conversationPath(conversation)}/typing`, { body: { on } });

  readonly getPresent = (room: string, after?: string, limit?: number): Promise<PresentPage> =>
    this.#request('GET', pageAfter(`${conversationPath(room)}/present`, after, limit));

  readonly openDirect = (account: string): Promise<RoomAnswer> => this.#request('PUT', accountPath('/v1/direct', account));

  readonly openDirectByName = (username: string): Promise<RoomAnswer> =>
    this.#request('PUT', '/v1/direct', { body: { username } });

  readonly acceptRequest = (id: string): Promise<void> => this.#request('POST', `${conversationPath(id)}/accept`);

  readonly getBlocks = (after?: string): Promise<BlocksPage> => this.#request('GET', pageAfter('/v1/blocks', after));

  readonly block = (account: string): Promise<void> => this.#request('PUT', accountPath('/v1/blocks', account));

  readonly unblock = (account: string): Promise<void> => this.#request('DELETE', accountPath('/v1/blocks', account));

  /** All conversations of the account. The cursor is the first page's: later pages may be newer than it. */
  readonly sync = async (): Promise<SyncPage> => {
    const first = await this.#request<SyncPage>('GET', '/v1/sync');
    const conversations: SyncConversation[] = [...first.conversations];
    for (let next = first.next; next !== null; ) {
      const page = await this.#request<SyncPage>('GET', `/v1/sync?next=${encodeURIComponent(next)}`);
      conversations.push(...page.conversations);
      next = page.next;
    }
    return { ...first, conversations, next: null };
  };

  #request<Answer>(method: string, path: string, options: RequestOptions = {}): Promise<Answer> {
    return request(method, path, { ...options, account: this.account });
  }
}
