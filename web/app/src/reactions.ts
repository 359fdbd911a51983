import type { HistoryMessage, Record as EventRecord } from './wire.ts';

export interface Reaction {
  emoji: string;
  count: number;
  mine: boolean;
}

/** One's own reactions that were asked for and are not in the timeline yet, so that they show at once. */
export class ReactionWishes {
  readonly #wishes = new Map<string, boolean>();

  wish(target: number, emoji: string, on: boolean): void {
    this.#wishes.set(key(target, emoji), on);
  }

  /** It is done, was refused, or something else is wished by now. */
  settle(target: number, emoji: string, on: boolean): void {
    if (this.#wishes.get(key(target, emoji)) === on) this.#wishes.delete(key(target, emoji));
  }

  receive({ target, emoji, on }: Extract<EventRecord, { type: 'reaction' }>): void {
    this.settle(target, emoji, on);
  }

  /** The reactions to a message as they are to be shown. */
  shown({ seq, reactions = [], mine = [], deleted }: HistoryMessage): Reaction[] {
    if (deleted) return [];
    const shown = reactions.map(({ emoji, count }) => ({ emoji, count, mine: mine.includes(emoji) }));
    for (const [wished, on] of this.#wishes) {
      const [target, emoji = ''] = wished.split(' ');
      if (Number(target) !== seq) continue;
      const reaction = shown.find((other) => other.emoji === emoji);
      if (!reaction) {
        if (on) shown.push({ emoji, count: 1, mine: true });
      } else if (reaction.mine !== on) {
        reaction.mine = on;
        reaction.count += on ? 1 : -1;
      }
    }
    return shown.filter(({ count }) => count > 0);
  }
}

const key = (target: number, emoji: string): string => `${target} ${emoji}`;
