// A room in which readers join, fall behind, and hear what is said next.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Person } from '../harness/person.mjs';
import { Heard, HARD_TEXTS } from './records.mjs';

/** `readers` get the same records in the same order, and those that can send do so. */
export async function sameRecords(context, { url, room, certificate }, readers) {
  const starts = await Promise.all(Object.values(readers).map((reader) => reader({ url, room, certificate })));
  const ada = await Person.arrive(url, 'Ada');
  const { id, cursor } = await ada.open(room);

  const half = 3;
  for (const text of HARD_TEXTS.slice(0, half)) await ada.say(id, text);
  await ada.delete(id, 1);
  await ada.say(id, 'half');
  const heard = starts.map(() => new Heard());
  const started = [];
  for (const [index, start] of starts.entries()) {
    const reader = await start(cursor, heard[index]);
    context.after(reader.stop);
    started.push(reader);
  }
  // From here on they all wait for what is said.
  await Promise.all(heard.map((one) => one.until('half')));
  for (const text of HARD_TEXTS.slice(half)) await ada.say(id, text);
  const sent = [];
  for (const [index, { send }] of started.entries()) {
    if (send) sent.push(await command(id, `${HARD_TEXTS[index % 6]} from ${index}`, send, heard[index]));
  }
  await ada.say(id, 'end');
  const [first, ...others] = await Promise.all(heard.map((one) => one.until('end')));

  const read = first.map((record) => (record.type === 'message' ? record.text : record.type));
  // The first one was deleted before anybody read it.
  const [, ...texts] = HARD_TEXTS;
  const commanded = sent.map(({ text }) => text);
  assert.deepEqual(read,
    ['', ...texts.slice(0, half - 1), 'delete', 'half', ...texts.slice(half - 1), ...commanded, 'end']);
  for (const { text, seq } of sent) assert.equal(first.find((record) => record.text === text).seq, seq);
  for (const [index, other] of others.entries()) assert.deepEqual(other, first, Object.keys(readers)[index + 1]);
}

/** Posts a message by a command frame. */
async function command(conversation, text, send, heard) {
  await send(JSON.stringify({ id: 'x', command: 'send_message', conversation, client_id: randomUUID(), text }));
  const answer = await heard.answer('x');
  assert.equal(answer.type, 'reply', JSON.stringify(answer));
  return { text, seq: answer.result.seq };
}
