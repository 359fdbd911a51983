// What is read, taken out of the lines that carry it.
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';

/** Texts that a careless reader or writer breaks. */
export const HARD_TEXTS = [
  'plain',
  'two\nlines, \r\nthree,\rfour',
  'data: not a field\n\nid: neither\n: nor a comment',
  'Grüße 你好 👩‍👩‍👧‍👦 \u{10ffff}',
  'line\u2028and paragraph\u2029separators, \ufeffmark',
  '"quotes", \\backslash\\, <b>no markup</b> & \u0001',
  'long '.repeat(6_000).trim(),
];

/** The records of HTTP streaming: one a line. */
export async function* recordsOf(program) {
  for (;;) yield JSON.parse(await program.line());
}

/** The records of Server-Sent Events, read by the rules for the few fields that we send. */
export async function* eventsOf(program) {
  const event = {};
  for (;;) {
    const line = await program.line();
    if (line === '' && event.data !== undefined) {
      const record = JSON.parse(event.data);
      assert.equal(event.id, record.cursor);
      yield record;
      delete event.data;
    } else {
      const [, field, value] = line.match(/^(id|data|retry|): ?(.*)$|^$/su) ?? assert.fail(`unknown field in ${line}`);
      if (field) event[field] = value;
    }
  }
}

/** What one reader has heard of its conversations. */
export class Heard extends EventEmitter {
  #records = [];
  #answers = new Map();
  #error;

  /** An event of a stream: its id must be its record's cursor. */
  event(id, data) {
    const record = JSON.parse(data);
    if (id !== record.cursor) this.fail(new Error(`The event ${id} holds ${data}`));
    this.record(record);
  }

  /** A message of a WebSocket: a record, or the answer to a command. */
  message(text) {
    const message = JSON.parse(text);
    if (message.type === 'reply' || message.type === 'problem') {
      this.#answers.set(message.id, message);
      this.emit('news');
    } else {
      this.record(message);
    }
  }

  record(record) {
    if (record.conversation) this.#records.push(record);
    this.emit('news');
  }

  fail(error) {
    this.#error ??= error;
    this.emit('news');
  }

  /** All records, once a message with this text is among them. */
  async until(text) {
    await this.#wait(() => this.#records.some((record) => record.text === text));
    return this.#records;
  }

  /** The answer to the command with this id. */
  async answer(id) {
    await this.#wait(() => this.#answers.has(id));
    return this.#answers.get(id);
  }

  async #wait(condition) {
    while (!condition()) {
      if (this.#error) throw this.#error;
      await once(this, 'news');
    }
  }
}
