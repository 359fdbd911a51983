import { backoffMs, retryAfterMs } from './backoff.ts';
import { deviceName } from './device-name.ts';
import {
  PROBLEM_RETRY,
  type AccountCard,
  type AccountUpdateBody,
  type AddAnswer,
  type BansPage,
  type BlocksPage,
  type ConversationCard,
  type DevicesAnswer,
  type GroupBody,
  type GuestAnswer,
  type HistoryPage,
  type InviteAnswer,
  type InviteBody,
  type InvitedAnswer,
  type InvitesAnswer,
  type MembersPage,
  type Poll,
  type Problem,
  type RecoveryCodesAnswer,
  type Retry,
  type Role,
  type RoomAnswer,
  type RoomsPage,
  type SendAnswer,
  type SendBody,
  type SettingsBody,
  type SyncConversation,
  type SyncPage,
} from './wire.ts';

const TIMEOUT_MS = 10_000;

const FINAL: ReadonlySet<Retry> = new Set(['never', 'new_token', 'after_mending']);

/** A request that did not end well: a problem document, some other refusal, or (status 0) no answer at all. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly retryAfterMs: number | undefined;

  constructor(status: number, code: string, detail: string, retryAfter?: number) {
    super(detail);
    this.status = status;
    this.code = code;
    this.retryAfterMs = retryAfter;
  }

  /** Whether the same request may succeed later. Being signed out (401) is neither: it ends everything. */
  get retryable(): boolean {
    const retry = PROBLEM_RETRY[this.code];
    if (retry) return !FINAL.has(retry);
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }

  static of(problem: Problem): ApiError {
    const { status, code, detail, retry_after_seconds: seconds } = problem;
    return new ApiError(status, code, detail, seconds === undefined ? undefined : seconds * 1_000);
  }

  static async from(response: Response): Promise<ApiError> {
    const problem = (await response.json().catch(() => ({}))) as Partial<Problem>;
    return new ApiError(
      response.status,
      problem.code ?? 'unknown',
      problem.detail ?? problem.title ?? `The server answered with status ${response.status}.`,
      retryAfterMs(response.headers.get('Retry-After')),
    );
  }
}

type Options = { body?: unknown; headers?: HeadersInit; signal?: AbortSignal };

async function request<Answer>(method: string, path: string, options: Options = {}): Promise<Answer> {
  const headers = new Headers(options.headers);
  const init: RequestInit = { method, headers, signal: options.signal ?? AbortSignal.timeout(TIMEOUT_MS) };
  if (options.body !== undefined) {
    headers.set('Content-Type', 'application/json');
    init.body = JSON.stringify(options.body);
  }
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch {
    throw new ApiError(0, 'unreachable', 'The server could not be reached.');
  }
  if (!response.ok) throw await ApiError.from(response);
  if (response.status === 204) return undefined as Answer;
  try {
    return (await response.json()) as Answer;
  } catch {
    throw new ApiError(0, 'broken_answer', 'The answer was lost on the way.');
  }
}

const conversationPath = (id: string): string => `/v1/conversations/${encodeURIComponent(id)}`;

const accountPath = (list: string, account: string): string => `${list}/${encodeURIComponent(account)}`;

/** The page of a list that follows one of its entries; the first one without. */
const pageAfter = (list: string, entry: string | undefined, limit = 100): string => {
  const after = entry === undefined ? '' : `&after=${encodeURIComponent(entry)}`;
  return `${list}?limit=${limit}${after}`;
};

export const createGuest = (name: string, key: string): Promise<GuestAnswer> =>
  request('POST', '/v1/guests', { body: { name, session: 'cookie' }, headers: { 'Idempotency-Key': key } });

const thisDevice = () => ({ session: 'cookie', device_name: deviceName(navigator.userAgent) });

export const signIn = (username: string, password: string): Promise<GuestAnswer> =>
  request('POST', '/v1/sessions', { body: { username, password, ...thisDevice() } });

export const recover = (username: string, recoveryCode: string, newPassword: string): Promise<GuestAnswer> =>
  request('POST', '/v1/account/recovery', {
    body: { username, recovery_code: recoveryCode, new_password: newPassword, ...thisDevice() },
  });

export const signOut = (): Promise<void> => request('DELETE', '/v1/session');

export const register = (username: string, password: string): Promise<AccountCard> =>
  request('POST', '/v1/account/registration', { body: { username, password } });

export const updateAccount = (update: AccountUpdateBody): Promise<AccountCard> =>
  request('PATCH', '/v1/account', { body: update });

export const changePassword = (password: string, newPassword: string): Promise<void> =>
  request('PUT', '/v1/account/password', { body: { password, new_password: newPassword } });

export const newRecoveryCodes = (password: string): Promise<RecoveryCodesAnswer> =>
  request('POST', '/v1/account/recovery-codes', { body: { password } });

/** A guest has no password. */
export const deleteAccount = (password: string | undefined): Promise<void> =>
  request('POST', '/v1/account/deletion', { body: { password } });

export const getDevices = (): Promise<DevicesAnswer> => request('GET', '/v1/devices');

export const removeDevice = (device: string): Promise<void> =>
  request('DELETE', `/v1/devices/${encodeURIComponent(device)}`);

export const removeOtherDevices = (): Promise<void> => request('DELETE', '/v1/devices');

export const getSession = (): Promise<unknown> => request('GET', '/v1/session');

export const getRooms = (after?: string, limit?: number): Promise<RoomsPage> =>
  request('GET', pageAfter('/v1/rooms', after, limit));

export const openRoom = (slug: string): Promise<RoomAnswer> =>
  request('PUT', `/v1/rooms/${encodeURIComponent(slug)}`);

export const sendMessage = (conversation: string, message: SendBody): Promise<SendAnswer> =>
  request('POST', `${conversationPath(conversation)}/messages`, { body: message });

export const deleteMessage = (conversation: string, seq: number): Promise<SendAnswer> =>
  request('DELETE', `${conversationPath(conversation)}/messages/${seq}`);

export const getMessages = (
  conversation: string,
  query: { before?: number; after?: number; limit?: number } = {},
): Promise<HistoryPage> => {
  const parameters = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
  return request('GET', `${conversationPath(conversation)}/messages?${parameters}`);
};

export const getConversation = (id: string): Promise<ConversationCard> => request('GET', conversationPath(id));

export const changeConversation = (id: string, settings: SettingsBody): Promise<ConversationCard> =>
  request('PATCH', conversationPath(id), { body: settings });

export const leave = (id: string): Promise<void> => request('DELETE', `${conversationPath(id)}/membership`);

export const createGroup = (group: GroupBody): Promise<ConversationCard> => request('POST', '/v1/groups', { body: group });

export const getMembers = (id: string, after?: string, limit?: number): Promise<MembersPage> =>
  request('GET', pageAfter(`${conversationPath(id)}/members`, after, limit));

export const addMembers = (id: string, accounts: string[]): Promise<AddAnswer> =>
  request('POST', `${conversationPath(id)}/members`, { body: { accounts } });

export const removeMember = (id: string, account: string): Promise<void> =>
  request('DELETE', accountPath(`${conversationPath(id)}/members`, account));

export const setRole = (id: string, account: string, role: Role): Promise<void> =>
  request('PUT', `${accountPath(`${conversationPath(id)}/members`, account)}/role`, { body: { role } });

export const handOver = (id: string, account: string): Promise<void> =>
  request('POST', `${conversationPath(id)}/owner`, { body: { account } });

export const getBans = (id: string, after?: string): Promise<BansPage> =>
  request('GET', pageAfter(`${conversationPath(id)}/bans`, after));

export const ban = (id: string, account: string): Promise<void> =>
  request('PUT', accountPath(`${conversationPath(id)}/bans`, account));

export const liftBan = (id: string, account: string): Promise<void> =>
  request('DELETE', accountPath(`${conversationPath(id)}/bans`, account));

export const mute = (id: string, account: string, seconds: number): Promise<void> =>
  request('PUT', accountPath(`${conversationPath(id)}/mutes`, account), { body: { seconds } });

export const liftMute = (id: string, account: string): Promise<void> =>
  request('DELETE', accountPath(`${conversationPath(id)}/mutes`, account));

export const createInvite = (id: string, terms: InviteBody): Promise<InviteAnswer> =>
  request('POST', `${conversationPath(id)}/invites`, { body: terms });

export const getInvites = (id: string): Promise<InvitesAnswer> => request('GET', `${conversationPath(id)}/invites`);

export const revokeInvite = (id: string, invite: string): Promise<void> =>
  request('DELETE', `${conversationPath(id)}/invites/${encodeURIComponent(invite)}`);

const invitePath = (token: string): string => `/v1/invites/${encodeURIComponent(token)}`;

export const getInvited = (token: string): Promise<InvitedAnswer> => request('GET', invitePath(token));

export const acceptInvite = (token: string): Promise<RoomAnswer> => request('POST', invitePath(token));

export const openDirect = (account: string): Promise<RoomAnswer> => request('PUT', accountPath('/v1/direct', account));

export const openDirectByName = (username: string): Promise<RoomAnswer> =>
  request('PUT', '/v1/direct', { body: { username } });

export const acceptRequest = (id: string): Promise<void> => request('POST', `${conversationPath(id)}/accept`);

export const getBlocks = (after?: string): Promise<BlocksPage> => request('GET', pageAfter('/v1/blocks', after));

export const block = (account: string): Promise<void> => request('PUT', accountPath('/v1/blocks', account));

export const unblock = (account: string): Promise<void> => request('DELETE', accountPath('/v1/blocks', account));

/** All conversations of the account. The cursor is the first page's: later pages may be newer than it. */
export async function sync(): Promise<SyncPage> {
  const first = await request<SyncPage>('GET', '/v1/sync');
  const conversations: SyncConversation[] = [...first.conversations];
  for (let next = first.next; next !== null; ) {
    const page = await request<SyncPage>('GET', `/v1/sync?next=${encodeURIComponent(next)}`);
    conversations.push(...page.conversations);
    next = page.next;
  }
  return { ...first, conversations, next: null };
}

export const poll = (after: string, waitSeconds: number, signal: AbortSignal): Promise<Poll> => {
  const wait = waitSeconds > 0 ? `&wait=${waitSeconds}` : '';
  return request('GET', `/v1/events?after=${encodeURIComponent(after)}${wait}`, { signal });
};

/** Repeats a request until it succeeds, is refused for good, or is no longer wanted. */
export async function retrying<Answer>(attempt: () => Promise<Answer>, wanted: () => boolean): Promise<Answer> {
  for (let failures = 0; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ApiError) || !error.retryable || !wanted()) throw error;
      const delay = (error.retryAfterMs ?? 0) + backoffMs(failures);
      await new Promise((resolve) => {
        setTimeout(resolve, delay);
        addEventListener('online', resolve, { once: true });
      });
      if (!wanted()) throw error;
    }
  }
}
