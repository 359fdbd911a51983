// curl reads in each of the four ways.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Person } from '../harness/person.mjs';
import { Program } from '../harness/program.mjs';
import { Server } from '../harness/server.mjs';
import { eventsOf, HARD_TEXTS, recordsOf } from './records.mjs';

let server;
let ada;

before(async () => {
  server = await Server.start();
  ada = await Person.arrive(server.url, 'Ada');
});
after(() => server?.dispose());

function curl(query, ...options) {
  const authorization = `Authorization: Bearer ${ada.token}`;
  return new Program('curl', '--silent', '--show-error', '--fail-with-body', '--no-buffer', '--header', authorization,
    ...options, `${server.url}/v1/events?${new URLSearchParams(query)}`);
}

const poll = async (query) => JSON.parse((await curl(query).rest()).join('\n'));
const stream = (query, ...options) => curl(query, '--header', 'Accept: application/x-ndjson', ...options);
const sse = (query, ...options) => curl(query, '--header', 'Accept: text/event-stream', ...options);
const texts = (records) => records.filter(({ type }) => type === 'message').map(({ text }) => text);

/** As many messages as are asked for, from a reader that goes on. */
async function take(count, records) {
  const taken = [];
  while (taken.length < count) {
    const { value: record } = await records.next();
    if (record.type === 'message') taken.push(record);
  }
  return taken;
}

test('a short poll has what is there, and the next one has nothing', async () => {
  const room = await ada.open('short');
  for (const text of HARD_TEXTS) await ada.say(room.id, text);

  const first = await poll({ after: room.cursor });
  assert.deepEqual(texts(first.events), HARD_TEXTS);
  assert.equal(first.more, false);

  const second = await poll({ after: first.cursor });
  assert.deepEqual(second.events, []);
});

test('a long poll is answered by what is said later', async () => {
  const room = await ada.open('long');
  const { cursor } = await poll({ after: room.cursor });

  const answer = poll({ after: cursor, wait: '30' });
  // Whether curl is there before the message or after it, the answer must hold it.
  await new Promise((resolve) => setTimeout(resolve, 300));
  await ada.say(room.id, 'later');
  assert.deepEqual(texts((await answer).events), ['later']);
});

for (const [name, open, parse, resume] of [
  ['HTTP streaming', stream, recordsOf, (cursor) => stream({ after: cursor })],
  ['Server-Sent Events', sse, eventsOf, (cursor) => sse({}, '--header', `Last-Event-ID: ${cursor}`)],
]) {
  test(`${name}: hello first, then what is said, and on from the cursor without gap or repeat`, async (context) => {
    const room = await ada.open(name.replaceAll(' ', '-'));
    const program = open({ after: room.cursor });
    context.after(() => program.stop());
    const records = parse(program);
    assert.equal((await records.next()).value.type, 'hello');
    for (const text of HARD_TEXTS) await ada.say(room.id, text);
    const read = await take(HARD_TEXTS.length, records);
    assert.deepEqual(texts(read), HARD_TEXTS);
    await program.stop();

    await ada.say(room.id, 'missed');
    const again = resume(read.at(-2).cursor);
    context.after(() => again.stop());
    const rest = parse(again);
    await rest.next();
    assert.deepEqual(texts(await take(2, rest)), [HARD_TEXTS.at(-1), 'missed']);
    await ada.say(room.id, 'live');
    assert.deepEqual(texts(await take(1, rest)), ['live']);
  });
}

test('Last-Event-ID wins over the cursor in the address', async (context) => {
  const room = await ada.open('both');
  await ada.say(room.id, 'one');
  const { events } = await poll({ after: room.cursor });
  await ada.say(room.id, 'two');

  const program = sse({ after: room.cursor }, '--header', `Last-Event-ID: ${events.at(-1).cursor}`);
  context.after(() => program.stop());
  const records = eventsOf(program);
  await records.next();
  assert.deepEqual(texts(await take(1, records)), ['two']);
});
