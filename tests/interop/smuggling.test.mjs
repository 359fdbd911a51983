// P1 behind proxies: requests whose end is not clear. Whatever a proxy makes of them, none hides another.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { freePort } from '../harness/free-port.mjs';
import { Haproxy } from '../harness/haproxy.mjs';
import { Nginx } from '../harness/nginx.mjs';
import { Person } from '../harness/person.mjs';
import { Server } from '../harness/server.mjs';

// Above the longest deadline of server and proxies for what does not come.
const PATIENCE_MS = 30_000;
// What goes on behind the head of a request to post. BODY is a body that the route takes, LEN its length, HEX that of a chunk.
const CHUNKS = 'HEX\r\nBODY\r\n0\r\n\r\n';
const TWO_LENGTHS = [
  `Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKS}`,
  `Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n${CHUNKS}`,
];
const BARE_LF = 'Transfer-Encoding: chunked\r\n\r\nHEX\nBODY\n0\n\n';
const ENDS = [
  ...TWO_LENGTHS,
  BARE_LF,
  'Content-Length: LEN\r\nContent-Length: 3\r\n\r\nBODY',
  'Content-Length: x\r\n\r\nBODY',
  'Content-Length : LEN\r\n\r\nBODY',
  'Content-Length: LEN\r\nX: a\0b\r\n\r\nBODY',
  'Transfer-Encoding: xchunked\r\n\r\nHEX\r\nBODY\r\n0\r\n\r\n',
  `Transfer-Encoding: chunked, identity\r\n\r\n${CHUNKS}`,
  `Transfer-Encoding: identity, chunked\r\n\r\n${CHUNKS}`,
  `Transfer-Encoding : chunked\r\n\r\n${CHUNKS}`,
  `Transfer-Encoding: \vchunked\r\n\r\n${CHUNKS}`,
  'X: a\r\n Content-Length: LEN\r\n\r\nBODY',
  'Transfer-Encoding: identity\r\nContent-Length: LEN\r\n\r\nBODY',
  'Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nBODY\r\n0\r\n\r\n',
  'Transfer-Encoding: chunked\r\n\r\nHEX\r\nBODYxx0\r\n\r\n',
  'Transfer-Encoding: chunked\r\n\r\nHEX;a=b\nc\r\nBODY\r\n0\r\n\r\n',
];

let server;
before(async () => {
  server = await Server.start();
});
after(() => server?.dispose());

// What a proxy understands, it writes anew, and the server never knows: both take a bare LF for the end of a line, and HAProxy
// a request with two lengths for one with chunks, after which it closes (RFC 9112, section 6.3).
for (const [name, start, mended] of [
  ['nginx', (port) => Nginx.startWithUpgrades(port, server.url), [BARE_LF]],
  ['HAProxy', (port) => Haproxy.start(port, server.url), [...TWO_LENGTHS, BARE_LF]],
  [
    'HAProxy, which speaks HTTP/2 to the server',
    (port) => Haproxy.startToHttp2(port, server.url),
    [...TWO_LENGTHS, BARE_LF],
  ],
]) {
  test(`${name}: no request hides another`, async (context) => {
    const proxy = await start(await freePort());
    context.after(() => proxy.stop());
    const ada = await Person.arrive(proxy.url, 'Ada');
    const room = await ada.open(`tea-${new URL(proxy.url).port}`);
    const head = (target) => `${target} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${ada.token}\r\n`;
    const hidden = `${head('PUT /v1/rooms/smuggled')}Connection: close\r\n\r\n`;
    const post = `${head(`POST /v1/conversations/${room.id}/messages`)}Content-Type: application/json\r\n`;
    for (const [number, end] of ENDS.entries()) {
      const body = JSON.stringify({ client_id: randomUUID(), text: `${number}` });
      const rest = end.replaceAll('BODY', body).replaceAll('HEX', body.length.toString(16)).replaceAll('LEN', body.length);
      const answers = await exchange(proxy, `${post}${rest}${hidden}`);
      const statuses = [...answers.matchAll(/HTTP\/1\.[01] (\d{3})/g)].map(([, status]) => Number(status));
      if (mended.includes(end)) assert.equal(statuses[0], 201, `${end}: ${answers}`);
      else assert.ok(statuses[0] >= 400 && statuses[0] < 600, `${end}: ${answers}`);
      // What stands behind a request that both sides end at the same place is a request of its own, and Ada may make it.
      assert.ok(statuses.length <= (TWO_LENGTHS.includes(end) ? 1 : 2), `${end}: ${answers}`);
      // Somebody else's request on a connection between proxy and server is answered as itself.
      const [status, about] = await get(proxy, '/v1/server');
      assert.equal(status, 200, `${end} poisons the next answer`);
      assert.equal(about.protocol, 1);
    }
    assert.equal((await get(proxy, '/v1/session', ada.token))[1].account.name, 'Ada');
    const { messages } = await ada.history(room.id);
    assert.deepEqual(messages.map(({ text }) => ENDS[text]), mended);
  });
}

async function exchange(proxy, bytes) {
  const socket = connect(Number(new URL(proxy.url).port), '127.0.0.1');
  socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error('It is neither answered nor closed.')));
  let answers = '';
  socket.setEncoding('latin1').on('data', (chunk) => (answers += chunk));
  // One that is reset has been refused, too.
  socket.on('error', (error) => {
    if (!['ECONNRESET', 'EPIPE'].includes(error.code)) answers = `${error}`;
  });
  socket.write(bytes, 'latin1');
  await once(socket, 'close');
  return answers;
}

async function get(proxy, path, token) {
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  const answer = await fetch(`${proxy.url}${path}`, { headers });
  return [answer.status, await answer.json()];
}
