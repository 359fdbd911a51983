// The wire types of the Chinwag protocol, version 1 (docs/protocol.md).

export type Account = { id: string; name: string; lookalike?: boolean };

export type Device = { id: string };

export type GuestCreated = { account: Account; device: Device; token?: string };

export type Role = 'owner' | 'member';

export type ConversationOpened = {
  id: string;
  kind: 'room';
  slug: string;
  role: Role;
  lookalike?: boolean;
};

export type ConversationSummary = {
  id: string;
  kind: 'room';
  slug: string;
  role: Role;
  lookalike?: boolean;
  seq: number;
  n: number;
  active_at: string;
};

export type Message = {
  seq: number;
  n: number;
  sender: Account;
  client_id: string;
  text: string;
  sent_at: string;
  deleted?: boolean;
};

export type MessagePage = { messages: Message[]; from_seq: number; to_seq: number; cursor: string };

export type RoomOpened = MessagePage & { conversation: ConversationOpened };

export type SendMessage = { client_id: string; text: string; follows?: string };

export type Stored = { seq: number; cursor: string; sent_at: string };

export type SyncPage = {
  account: Account;
  conversations: ConversationSummary[];
  cursor: string;
  next: string | null;
};

export type Limits = {
  message_bytes: number;
  name_characters: number;
  slug_characters: number;
  page_messages: number;
  poll_seconds: number;
  polls_held: number;
};

export type HelloRecord = {
  type: 'hello';
  cursor: string;
  protocol: number;
  server: string;
  heartbeat_ms: number;
  limits: Limits;
};

export type MessageRecord = { type: 'message'; cursor: string; conversation: string } & Message;

export type DeleteRecord = {
  type: 'delete';
  cursor: string;
  conversation: string;
  seq: number;
  target: number;
  sender: Account;
  sent_at: string;
};

export type HiddenRecord = { type: 'hidden'; cursor: string; conversation: string; seq: number };

export type ConversationRecord = {
  type: 'conversation';
  cursor: string;
  account: string;
  conversation: string;
  kind: 'room';
  slug: string;
  lookalike?: boolean;
  change: 'created';
};

export type MemberRecord = {
  type: 'member';
  cursor: string;
  account: string;
  conversation: string;
  kind: 'room';
  slug: string;
  lookalike?: boolean;
  change: 'joined' | 'left';
  role: Role;
  from_seq: number;
};

export type DeviceRecord = {
  type: 'device';
  cursor: string;
  account: string;
  device: string;
  change: 'added' | 'removed';
};

export type HeartbeatRecord = {
  type: 'heartbeat';
  cursor: string;
  heads: { conversation: string; seq: number }[];
};

export type GapRecord = {
  type: 'gap';
  cursor: string;
  reason: 'unknown_epoch' | 'ahead' | 'too_many' | 'too_old';
  sync: string;
};

export type EndRecord = {
  type: 'end';
  cursor: string;
  reason: 'lifetime' | 'restart' | 'signed_out';
  reconnect_ms: number | null;
};

export type EventRecord =
  | HelloRecord
  | MessageRecord
  | DeleteRecord
  | HiddenRecord
  | ConversationRecord
  | MemberRecord
  | DeviceRecord
  | HeartbeatRecord
  | GapRecord
  | EndRecord;

export type Poll = { events: EventRecord[]; cursor: string; more: boolean };

export type Problem = { type: string; title: string; status: number; code: string; detail: string };
