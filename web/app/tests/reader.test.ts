import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { Reader } from '../src/reading/reader.ts';
import type { Sink, Transport, TransportName, View } from '../src/reading/transport.ts';
import { websocketBy } from '../src/reading/websocket.ts';
import { FakeSocket, settled } from './fake-socket.ts';

// What the reader asks of a page.
const page = Object.assign(new EventTarget(), { visibilityState: 'visible' });
Object.assign(globalThis, { document: page, addEventListener: page.addEventListener.bind(page) });

/** How a plain request is answered. */
let serverStatus = 200;

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] });
  mock.method(Math, 'random', () => 0.5);
  serverStatus = 200;
  mock.method(globalThis, 'fetch', () => Promise.resolve(new Response('{"sessions":[{"account":{"id":"bob"}}]}', { status: serverStatus })));
});
afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
});

/** Time goes by in small steps: the reader takes one large one for a sleep of the machine. */
function pass(milliseconds: number, every = (): void => {}): void {
  for (let left = milliseconds; left > 0; left -= 5_000) {
    mock.timers.tick(Math.min(left, 5_000));
    every();
  }
}

const heartbeats = (sink: Sink | undefined, cursor: string) => (): void => {
  sink?.heard();
  sink?.deliver([{ type: 'heartbeat', heads: [], cursor }], cursor);
};

function reading() {
  const sockets: FakeSocket[] = [];
  const others: { name: string; sink: Sink; accounts: readonly string[]; after: string; closed: boolean; views: View[] }[] = [];
  const told: string[] = [];
  let act = (): void => {};
  const other = (name: TransportName): Transport => ({
    name,
    streams: name !== 'longpoll' && name !== 'poll',
    open(accounts, after, sink) {
      const opened = { name, sink, accounts, after, closed: false, views: [] as View[] };
      others.push(opened);
      return { close: () => (opened.closed = true), look: (view) => opened.views.push(view) };
    },
  });
  const websocket = websocketBy((path) => {
    const socket = new FakeSocket(path);
    sockets.push(socket);
    return socket.asWebSocket;
  });
  const events = {
    records: (records: { type: string }[]) => {
      told.push(...records.map(({ type }) => type));
      act();
    },
    changed: () => {},
    live: () => told.push('LIVE'),
    lostPlace: () => told.push('LOST PLACE'),
    signedOut: () => told.push('SIGNED OUT'),
  };
  const transports = {
    websocket,
    sse: other('sse'),
    stream: other('stream'),
    longpoll: other('longpoll'),
    poll: other('poll'),
  };
  const reader = new Reader(['ada', 'bob'], 'c', undefined, events, transports);
  return { reader, sockets, others, told, onRecords: (action: () => void) => (act = action) };
}

async function proves(socket: FakeSocket | undefined, cursor = 'c0'): Promise<void> {
  socket?.open();
  socket?.hello(cursor);
  socket?.echo();
  await settled();
}

test('WebSocket first, and commands over it while it is live', async () => {
  const { reader, sockets, others, told } = reading();
  assert.equal(reader.ask, undefined);
  sockets[0]?.open();
  sockets[0]?.hello();
  assert.equal(reader.ask, undefined);
  sockets[0]?.echo();
  await settled();
  assert.deepEqual(told, ['LIVE', 'hello']);
  assert.deepEqual([reader.report.transport, reader.report.reason], ['websocket', 'first choice']);
  assert.ok(reader.ask);
  assert.deepEqual(others, []);
  reader.stop();
  assert.equal(reader.ask, undefined);
});

test('a WebSocket that is refused, or carries no echo within 3 s, is left at once', async () => {
  for (const refuse of [
    (socket: FakeSocket | undefined) => socket?.closes(1006),
    (socket: FakeSocket | undefined) => {
      socket?.open();
      socket?.hello();
      mock.timers.tick(2_999);
      assert.equal(socket?.closed, false);
      mock.timers.tick(1);
      assert.equal(socket?.closed, true);
    },
  ]) {
    const { reader, sockets, others } = reading();
    refuse(sockets[0]);
    await settled();
    assert.deepEqual(others.map(({ name }) => name), ['sse']);
    assert.match(reader.report.reason, /websocket failed/);
    reader.stop();
  }
});

test('a server that cannot be reached is no fault of the WebSocket', async () => {
  const { reader, sockets, others } = reading();
  serverStatus = 503;
  sockets[0]?.closes(1006);
  await settled();
  assert.deepEqual(others, []);
  assert.equal(reader.state.phase, 'waiting');
  mock.timers.tick(1_000);
  assert.equal(sockets.length, 2);
  reader.stop();
});

test('the verdict expires: later WebSocket is tried beside what works, and takes over without a break', async () => {
  const { reader, sockets, others, told } = reading();
  sockets[0]?.closes(1006);
  await settled();
  const phases: string[] = [];
  const beat = heartbeats(others[0]?.sink, 'c2');
  beat();
  pass(60_000, beat);
  assert.equal(sockets[1]?.path, '/v1/events?accounts=ada,bob&after=c2');
  phases.push(reader.state.phase);
  assert.equal(others[0]?.closed, false);
  await proves(sockets[1], 'c2');
  phases.push(reader.state.phase);
  assert.equal(others[0]?.closed, true);
  assert.deepEqual(phases, ['live', 'live']);
  assert.deepEqual(told.filter((what) => what === 'LIVE'), ['LIVE']);
  assert.equal(reader.report.transport, 'websocket');
  reader.stop();
});

test('a WebSocket that still fails changes nothing, and is tried again later', async () => {
  const { reader, sockets, others } = reading();
  sockets[0]?.closes(1006);
  await settled();
  const beat = heartbeats(others[0]?.sink, 'c1');
  beat();
  pass(60_000, beat);
  assert.equal(sockets.length, 2);
  sockets[1]?.closes(1006);
  assert.equal(reader.state.phase, 'live');
  pass(300_000, beat);
  assert.equal(sockets.length, 3);
  assert.equal(reader.report.transport, 'sse');
  reader.stop();
});

test('close codes are obeyed', async () => {
  // With random = 0.5: the phase, the milliseconds until the next attempt, and what it is made with.
  const table: [number, string, number | undefined, string][] = [
    [1000, 'waiting', 1_000, 'websocket'],
    [1001, 'waiting', 1_000, 'websocket'],
    [1002, 'waiting', 1_000, 'sse'],
    [1007, 'waiting', 1_000, 'sse'],
    [1008, 'waiting', 1_000, 'websocket'],
    [1009, 'waiting', 1_000, 'sse'],
    [1011, 'waiting', 1_000, 'websocket'],
    [1012, 'waiting', 1_000, 'websocket'],
    [1013, 'waiting', 1_000, 'websocket'],
    [4000, 'waiting', 250, 'websocket'],
    [4001, 'stopped', undefined, 'websocket'],
    [4002, 'waiting', 1_000, 'websocket'],
    [1006, 'waiting', 1_000, 'websocket'],
  ];
  for (const [code, phase, waitMs, next] of table) {
    const { reader, sockets, others, told } = reading();
    await proves(sockets[0]);
    sockets[0]?.closes(code);
    assert.equal(reader.state.phase, phase, String(code));
    assert.equal(reader.report.transport, next, String(code));
    assert.equal(told.includes('SIGNED OUT'), waitMs === undefined, String(code));
    if (waitMs !== undefined) {
      mock.timers.tick(waitMs - 1);
      assert.equal(sockets.length + others.length, 1, String(code));
      mock.timers.tick(1);
    } else {
      pass(600_000);
    }
    const attempts = waitMs === undefined ? ['websocket'] : ['websocket', next];
    assert.deepEqual([...sockets.map(() => 'websocket'), ...others.map(({ name }) => name)], attempts, String(code));
    reader.stop();
  }
});

test('the window that `end` names counts, not the close that follows', async () => {
  const { reader, sockets } = reading();
  await proves(sockets[0]);
  sockets[0]?.says({ type: 'end', reason: 'restart', reconnect_ms: 8_000, cursor: 'c9' });
  sockets[0]?.closes(1001);
  mock.timers.tick(3_999);
  assert.equal(sockets.length, 1);
  mock.timers.tick(1);
  assert.equal(sockets[1]?.path, '/v1/events?accounts=ada,bob&after=c9');
  reader.stop();
});

test('a server that closes each WebSocket before it works is reached in another way', async () => {
  const { reader, sockets, others } = reading();
  for (const attempt of [0, 1]) {
    sockets[attempt]?.open();
    sockets[attempt]?.closes(1011);
    mock.timers.tick(2_000);
  }
  assert.deepEqual(others.map(({ name }) => name), ['sse']);
  reader.stop();
});

test('for other accounts it reads on from where it is, or from a place before', async () => {
  const { reader, sockets } = reading();
  await proves(sockets[0], 'c4');
  assert.equal(reader.cursor, 'c4');
  reader.readFor(['ada']);
  assert.equal(sockets[1]?.path, '/v1/events?accounts=ada&after=c4');
  await proves(sockets[1], 'c6');
  reader.readFor(['ada', 'eve'], 'c5');
  assert.equal(sockets[2]?.path, '/v1/events?accounts=ada,eve&after=c5');
  reader.stop();
});

test('when the way is lost, it is asked whether anybody is signed in at all', async () => {
  const { sockets, told } = reading();
  mock.method(globalThis, 'fetch', () => Promise.resolve(new Response('{"sessions":[]}')));
  sockets[0]?.closes(1006);
  await settled();
  assert.deepEqual(told, ['SIGNED OUT']);
});

test('whoever reads for fewer while records come in gets none of these twice', async () => {
  const { reader, sockets, told, onRecords } = reading();
  onRecords(() => reader.readFor(['bob']));
  sockets[0]?.open();
  sockets[0]?.hello('c1');
  sockets[0]?.says({ type: 'account_end', account: 'ada', reason: 'signed_out', cursor: 'c2' });
  sockets[0]?.says({ type: 'heartbeat', heads: [], cursor: 'c3' });
  sockets[0]?.echo();
  await settled();
  assert.deepEqual(told, ['LIVE', 'hello', 'account_end', 'heartbeat']);
  assert.deepEqual(sockets.map(({ path }) => path), ['/v1/events?accounts=ada,bob&after=c', '/v1/events?accounts=bob&after=c3']);
  reader.stop();
});

test('signed in as somebody else only, it is signed out', async () => {
  const { sockets, told } = reading();
  mock.method(globalThis, 'fetch', () => Promise.resolve(new Response('{"sessions":[{"account":{"id":"eve"}}]}')));
  sockets[0]?.closes(1006);
  await settled();
  assert.deepEqual(told, ['SIGNED OUT']);
});

const view = (...accounts: string[]): View => ({ as: 'ada', conversations: ['r'], accounts });

test('what is looked at is told to whatever is read, and to what comes after it', async () => {
  const { reader, sockets, others } = reading();
  reader.look(view('bob'));
  await proves(sockets[0]);
  const [ping, ack, told] = sockets[0]?.sent ?? [];
  assert.deepEqual([ping?.command, ack?.command], ['ping', 'ack']);
  assert.deepEqual(told, { id: told?.id, as: 'ada', command: 'view', conversations: ['r'], accounts: ['bob'] });
  sockets[0]?.reply({});
  await settled();
  reader.look(view('bob', 'eve'));
  await settled();
  assert.deepEqual(sockets[0]?.sent.at(-1)?.['accounts'], ['bob', 'eve']);
  // Anew on a new connection, and on another kind of one.
  reader.force('sse');
  assert.deepEqual(others[0]?.views, [view('bob', 'eve')]);
  reader.force('websocket');
  await proves(sockets[1]);
  assert.deepEqual(sockets[1]?.sent.at(-1)?.['accounts'], ['bob', 'eve']);
  reader.stop();
});

test('signals come through, and move no place', async () => {
  const { reader, sockets, told } = reading();
  await proves(sockets[0], 'c4');
  sockets[0]?.says({ type: 'presence', account: 'bob', status: 'online' });
  assert.deepEqual(told, ['LIVE', 'hello', 'presence']);
  assert.equal(reader.cursor, 'c4');
  reader.stop();
});

const acks = (socket: FakeSocket | undefined): unknown[] =>
  (socket?.sent ?? []).flatMap(({ command, cursor }) => (command === 'ack' ? [cursor] : []));

test('what has come is acknowledged, at most once in 2 s, and again after a lost connection', async () => {
  const { reader, sockets } = reading();
  await proves(sockets[0], 'c0');
  assert.deepEqual(acks(sockets[0]), ['c0']);
  sockets[0]?.reply({});
  await settled();
  for (const cursor of ['c1', 'c2', 'c3']) sockets[0]?.says({ type: 'heartbeat', heads: [], cursor });
  mock.timers.tick(1_999);
  assert.deepEqual(acks(sockets[0]), ['c0']);
  mock.timers.tick(1);
  assert.deepEqual(acks(sockets[0]), ['c0', 'c3']);
  reader.retryNow();
  await settled();
  await proves(sockets[1], 'c3');
  assert.deepEqual(acks(sockets[1]), ['c3']);
  sockets[1]?.reply({});
  await settled();
  // Nothing new, nothing to say.
  sockets[1]?.says({ type: 'heartbeat', heads: [], cursor: 'c3' });
  mock.timers.tick(10_000);
  assert.deepEqual(acks(sockets[1]), ['c3']);
  reader.stop();
});

test('a stream that takes no commands is acknowledged by a request, and a poll not at all', async () => {
  const { reader, others } = reading();
  const told: unknown[] = [];
  mock.method(globalThis, 'fetch', (path: string, { body }: { body?: string }) => {
    told.push([path, body]);
    return Promise.resolve(new Response(null, { status: 204 }));
  });
  reader.force('sse');
  heartbeats(others[0]?.sink, 'c7')();
  await settled();
  assert.deepEqual(told, [['/v1/ack?accounts=ada,bob', '{"cursor":"c7"}']]);
  reader.force('poll');
  heartbeats(others[1]?.sink, 'c8')();
  mock.timers.tick(5_000);
  await settled();
  assert.equal(told.length, 1);
  reader.stop();
});
