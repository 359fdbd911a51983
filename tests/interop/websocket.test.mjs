// npm's `ws` and PyPI's `websockets` on what a WebSocket has beside its records: the handshake, control frames, closing.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { freePort } from '../harness/free-port.mjs';
import { Nginx } from '../harness/nginx.mjs';
import { Person } from '../harness/person.mjs';
import { Program } from '../harness/program.mjs';
import { Server } from '../harness/server.mjs';
import { openWs, PYTHON } from './readers.mjs';

let server;
let ada;

before(async () => {
  server = await Server.start();
  ada = await Person.arrive(server.url, 'Ada');
});
after(() => server?.dispose());

/** A socket that is open, and everything that comes on it. */
async function open(context, options) {
  const socket = openWs(server.url, ada.token, undefined, options);
  context.after(() => socket.terminate());
  const records = [];
  socket.on('message', (data, isBinary) => {
    assert.equal(isBinary, false);
    records.push(JSON.parse(data));
    socket.emit('record');
  });
  const [response] = await once(socket, 'upgrade');
  while (records.length === 0) await once(socket, 'record');
  assert.equal(records[0].type, 'hello');
  return { socket, records, headers: response.headers };
}

const python = (token) =>
  new Program(PYTHON, new URL('read_websocket.py', import.meta.url).pathname, server.url, token, '', '');

/** The code of the close that the server sends or answers. */
async function closing(socket) {
  const [code] = await once(socket, 'close');
  return code;
}

for (const [what, options, extension] of [
  ['compression', { perMessageDeflate: true }, /^permessage-deflate\b.*server_no_context_takeover/],
  ['a small window', { perMessageDeflate: { serverMaxWindowBits: 9 } }, /server_max_window_bits=9/],
  ['no compression', { perMessageDeflate: false }, /^$/],
]) {
  test(`ws agrees on ${what}, and on what is spoken`, async (context) => {
    const { headers } = await open(context, options);
    assert.match(headers['sec-websocket-extensions'] ?? '', extension);
    assert.equal(headers['sec-websocket-protocol'], 'chinwag.v1.json');
  });
}

test('a ping is answered with what it carries', async (context) => {
  const { socket } = await open(context);
  for (const payload of ['', 'ping', 'x'.repeat(125)]) {
    socket.ping(payload);
    const [pong] = await once(socket, 'pong');
    assert.equal(pong.toString(), payload);
  }
});

for (const code of [1000, 1001, 3000, 4999]) {
  test(`the client closes with ${code} and gets it back`, async (context) => {
    const { socket } = await open(context);
    socket.close(code, 'bye');
    assert.equal(await closing(socket), code);
  });
}

for (const [what, code, send] of [
  ['a binary message', 1003, (socket) => socket.send(new Uint8Array(4))],
  ['a text that is too long', 1009, (socket) => socket.send('x'.repeat(300_000), { compress: false })],
  ['a text that is too long when inflated', 1009, (socket) => socket.send('x'.repeat(3_000_000))],
  ['a text that is not UTF-8', 1007, (socket) => socket.send(Uint8Array.of(0xc3, 0x28), { binary: false })],
]) {
  test(`${what} is closed with ${code}`, async (context) => {
    const { socket } = await open(context);
    send(socket);
    assert.equal(await closing(socket), code);
  });
}

test('signed out, it is told so and closed for good', async (context) => {
  const bob = await Person.arrive(server.url, 'Bob');
  const program = python(bob.token);
  context.after(() => program.stop());
  assert.equal(JSON.parse(await program.line()).type, 'hello');
  const socket = openWs(server.url, bob.token);
  context.after(() => socket.terminate());
  await once(socket, 'message');
  const closed = closing(socket);
  await bob.signOut();
  assert.equal(await closed, 4001);
  const lines = await program.rest();
  assert.equal(lines.pop(), '4001');
  const { type, reason, reconnect_ms } = JSON.parse(lines.pop());
  assert.deepEqual({ type, reason, reconnect_ms }, { type: 'end', reason: 'signed_out', reconnect_ms: null });
});

test('a server that stops says goodbye', async (context) => {
  const { socket, records } = await open(context);
  const program = python(ada.token);
  context.after(() => program.stop());
  await program.line();
  const closed = closing(socket);
  await server.stop();
  assert.equal(await closed, 1001);
  const { type, reason } = records.at(-1);
  assert.deepEqual({ type, reason }, { type: 'end', reason: 'restart' });
  assert.equal((await program.rest()).pop(), '1001');
  await server.start();
});

test('through nginx with its defaults there is no WebSocket, and the client learns it at once', async (context) => {
  const nginx = await Nginx.start(await freePort(), server.url);
  context.after(() => nginx.stop());
  const socket = openWs(nginx.url, ada.token);
  const [, response] = await once(socket, 'unexpected-response');
  assert.equal(response.statusCode, 200);
  socket.on('error', () => {});
  socket.terminate();
});
