import type { Record as EventRecord } from '../wire.ts';

type Typing = Extract<EventRecord, { type: 'typing' }>;

/** A poll's answer says who types, and not who does so no more. With that, it says what a stream would. */
export class Typists {
  #before: Typing[] = [];

  completed(answer: readonly EventRecord[]): EventRecord[] {
    const now = answer.filter((record): record is Typing => record.type === 'typing' && record.on);
    const isIn = ({ conversation, account }: Typing): boolean =>
      now.some((record) => record.conversation === conversation && record.account === account);
    const ended = this.#before.filter((record) => !isIn(record)).map((record) => ({ ...record, on: false }));
    this.#before = now;
    return [...answer, ...ended];
  }
}
