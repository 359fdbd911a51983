import type { HistoryMessage, ReactionCount, Record as EventRecord } from './wire.ts';

/** The rows of a timeline that say something of an earlier message in it. */
export type MessageChange = Extract<EventRecord, { type: 'delete' | 'edit' | 'reaction' | 'pin' }>;

/** The message as it is after a row that changes it, seen by `me`. The same object if that makes no difference. */
export function changed(message: HistoryMessage, change: MessageChange, me: string): HistoryMessage {
  if (message.deleted) return message;
  switch (change.type) {
    case 'delete':
      return emptied(message);
    case 'edit':
      if (change.deleted) return emptied(message);
      // What it says now comes in a later row.
      if (change.superseded) return message;
      return { ...message, text: change.text, entities: change.entities ?? [], edited_at: change.sent_at };
    case 'reaction':
      return isIn(message, change.seq) ? message : reacted(message, change, change.sender.id === me);
    case 'pin':
      return isIn(message, change.seq) ? message : { ...message, pinned: change.pinned, marked: change.seq };
  }
}

/** What is left of a message that was deleted. */
export function emptied({ seq, n, sender, client_id, sent_at }: HistoryMessage): HistoryMessage {
  return { seq, n, sender, client_id, sent_at, text: '', deleted: true };
}

/** A page says up to which row it has a message's reactions and its pin. */
const isIn = (message: HistoryMessage, seq: number): boolean => seq <= (message.marked ?? 0);

function reacted(message: HistoryMessage, { emoji, on, seq }: Extract<MessageChange, { type: 'reaction' }>, own: boolean): HistoryMessage {
  const reactions = message.reactions ?? [];
  const mine = message.mine ?? [];
  return {
    ...message,
    reactions: counted(reactions, emoji, on ? 1 : -1),
    mine: own ? [...mine.filter((other) => other !== emoji), ...(on ? [emoji] : [])] : mine,
    marked: seq,
  };
}

function counted(reactions: readonly ReactionCount[], emoji: string, more: number): ReactionCount[] {
  if (more > 0 && !reactions.some((reaction) => reaction.emoji === emoji)) return [...reactions, { emoji, count: more }];
  return reactions
    .map((reaction) => (reaction.emoji === emoji ? { emoji, count: reaction.count + more } : reaction))
    .filter(({ count }) => count > 0);
}
