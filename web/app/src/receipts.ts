import type { HistoryMessage, Receipt, ReceiptCard } from './wire.ts';

/** What has become of a message of one's own that the server has. */
export type Tick = 'sent' | 'delivered' | 'read';

/**
 * How far the others of a conversation are, as far as they let it be known. A message is delivered once one of them has it, and read
 * once one of them has read it; who that is, is another question.
 */
export class Receipts {
  readonly #me: string;
  readonly #versions = new Map<string, number>();
  #deliveredSeq = 0;
  #readSeq = 0;
  /** Whether the server was asked for what it told before. */
  asked = false;

  constructor(me: string) {
    this.#me = me;
  }

  receive(account: string, receipt: Receipt, version: number): void {
    if (account === this.#me || version <= (this.#versions.get(account) ?? 0)) return;
    this.#versions.set(account, version);
    this.#reached(receipt.delivered_seq ?? 0, receipt.read_seq ?? 0);
  }

  take(receipts: readonly ReceiptCard[]): void {
    for (const { account, version, ...receipt } of receipts) this.receive(account, receipt, version);
  }

  /** Whoever writes has read what is before it. */
  meet(messages: readonly Pick<HistoryMessage, 'seq' | 'sender'>[]): void {
    for (const { seq, sender } of messages) if (sender.id !== this.#me) this.#reached(seq - 1, seq - 1);
  }

  tickOf(seq: number): Tick {
    if (seq <= this.#readSeq) return 'read';
    return seq <= this.#deliveredSeq ? 'delivered' : 'sent';
  }

  /** Neither side is told any more. */
  forget(): void {
    this.#versions.clear();
    this.#deliveredSeq = 0;
    this.#readSeq = 0;
    this.asked = false;
  }

  #reached(delivered: number, read: number): void {
    this.#readSeq = Math.max(this.#readSeq, read);
    this.#deliveredSeq = Math.max(this.#deliveredSeq, delivered, read);
  }
}
