import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import type { Failure, Opened } from '../src/reading/transport.ts';
import { websocketBy } from '../src/reading/websocket.ts';
import { ApiError } from '../src/request.ts';
import { FakeSocket, settled } from './fake-socket.ts';

function opened() {
  const sockets: FakeSocket[] = [];
  const delivered: string[] = [];
  const failures: Failure[] = [];
  const transport = websocketBy((path, subprotocol) => {
    assert.equal(subprotocol, 'chinwag.v1.json');
    const socket = new FakeSocket(path);
    sockets.push(socket);
    return socket.asWebSocket;
  });
  const reading = transport.open(['ada', 'bob'], 'a/b', {
    deliver: (records, cursor) => delivered.push(`${records.map(({ type }) => type).join('+')}@${cursor}`),
    heard: () => {},
    closed: (failure) => failures.push(failure),
  });
  return { socket: sockets[0]!, reading: reading as Required<Opened>, delivered, failures };
}

async function proven() {
  const all = opened();
  all.socket.open();
  all.socket.hello();
  all.socket.echo();
  await settled();
  return all;
}

const send = { command: 'send_message', conversation: 'r', client_id: 'i', text: 'hi' } as const;

test('records count only after the echo of a ping of more than 2 KB', async () => {
  const { socket, delivered } = opened();
  assert.equal(socket.path, '/v1/events?accounts=ada,bob&after=a%2Fb');
  socket.open();
  socket.hello();
  socket.says({ type: 'hidden', conversation: 'r', seq: 1, cursor: 'c1' });
  await settled();
  assert.deepEqual(delivered, []);
  assert.equal(socket.sent[0]?.command, 'ping');
  assert.ok(String(socket.sent[0]?.['data']).length > 2_048);
  socket.echo();
  await settled();
  assert.deepEqual(delivered, ['hello+hidden@c1']);
  socket.says({ type: 'heartbeat', heads: [], cursor: 'c2' });
  assert.deepEqual(delivered, ['hello+hidden@c1', 'heartbeat@c2']);
});

test('an echo before hello is held for it', async () => {
  const { socket, delivered } = opened();
  socket.open();
  socket.echo();
  await settled();
  assert.deepEqual(delivered, []);
  socket.hello();
  assert.deepEqual(delivered, ['hello@c0']);
});

test('another echo than what was sent refuses the connection', async () => {
  const { socket, failures } = opened();
  socket.open();
  socket.hello();
  socket.reply({ data: 'cut' });
  await settled();
  assert.equal(failures.length, 1);
  assert.equal(failures[0]?.refused, true);
  assert.equal(socket.closed, true);
});

test('a socket that never opens was refused, and one that breaks was not', async () => {
  const refused = opened();
  refused.socket.closes(1006);
  assert.deepEqual(refused.failures.map((failure) => [failure.refused, failure.retry]), [[true, undefined]]);
  const broken = await proven();
  broken.socket.closes(1006);
  assert.deepEqual(broken.failures.map((failure) => [failure.refused, failure.retry]), [[false, undefined]]);
});

test('close codes say when to come back', async () => {
  const expected = {
    1001: 'window',
    1002: 'after_mending',
    1008: 'backoff',
    1012: 'window',
    1013: 'backoff',
    4000: 'at_once',
    4001: 'new_token',
    4002: 'backoff',
    4999: undefined,
  };
  for (const [code, retry] of Object.entries(expected)) {
    const { socket, failures } = await proven();
    socket.closes(Number(code));
    assert.deepEqual(failures.map((failure) => failure.retry), [retry], code);
  }
});

test('answers find their commands in any order', async () => {
  const { socket, reading } = await proven();
  const first = reading.ask(send);
  const second = reading.ask({ command: 'leave', conversation: 'r' });
  const [, one, two] = socket.sent;
  assert.deepEqual(one, { id: one?.id, ...send });
  socket.says({ type: 'reply', id: two?.id, result: {} });
  assert.deepEqual(await second, {});
  socket.says({ type: 'problem', id: null, problem: {} });
  const problem = { status: 409, code: 'client_id_reused', detail: 'Used.', type: '', title: '' };
  socket.says({ type: 'problem', id: one?.id, problem });
  await assert.rejects(first, (error) => {
    assert.ok(error instanceof ApiError);
    assert.deepEqual([error.status, error.code, error.retryable], [409, 'client_id_reused', false]);
    return true;
  });
});

test('a command without an answer fails: as the socket closes, as we close it, or in time', async () => {
  const unanswered = (error: unknown): boolean => error instanceof ApiError && error.status === 0 && error.retryable;
  const lost = await proven();
  const asked = lost.reading.ask(send);
  lost.socket.closes(1006);
  await assert.rejects(asked, unanswered);
  const left = await proven();
  const open = left.reading.ask(send);
  left.reading.close();
  await assert.rejects(open, unanswered);
  assert.deepEqual(left.failures, []);
  const silent = await proven();
  mock.timers.enable({ apis: ['setTimeout'] });
  const waiting = silent.reading.ask(send);
  mock.timers.tick(10_000);
  mock.timers.reset();
  await assert.rejects(waiting, unanswered);
  // An answer that comes after all is nobody's.
  silent.socket.reply({ seq: 1 });
});

test('what is not JSON ends the connection', async () => {
  const { socket, failures } = await proven();
  socket.onmessage?.({ data: 'nonsense' });
  assert.equal(failures.length, 1);
  assert.equal(socket.closed, true);
});
