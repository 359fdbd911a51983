// P1 behind proxies: requests whose end is not clear. Whatever a proxy makes of them, none hides another.
import assert from 'node:assert/strict';
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
const POST = 'POST /v1/guests HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n';
const ENDS = [
  'Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}',
  'Content-Length: x\r\n\r\n{}',
  'Content-Length : 2\r\n\r\n{}',
  'X: a\r\n Content-Length: 2\r\n\r\n{}',
  'X: a\0b\r\n\r\n',
  'Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n',
  'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n',
  'Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}',
  'Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n',
  'Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n',
  'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
  'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
  'Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n{}\r\n0\r\n\r\n',
  'Transfer-Encoding: chunked\r\n\r\n2\n{}\n0\n\n',
  'Transfer-Encoding: chunked\r\n\r\n2\r\n{}xx0\r\n\r\n',
  'Transfer-Encoding: chunked\r\n\r\n2;a=b\nc\r\n{}\r\n0\r\n\r\n',
];

let server;
before(async () => {
  server = await Server.start();
});
after(() => server?.dispose());

for (const [name, start] of [
  ['nginx', () => freePort().then((port) => Nginx.startWithUpgrades(port, server.url))],
  ['HAProxy', () => freePort().then((port) => Haproxy.start(port, server.url))],
  ['HAProxy, which speaks HTTP/2 to the server', () => freePort().then((port) => Haproxy.startToHttp2(port, server.url))],
]) {
  test(`${name}: no request hides another`, async (context) => {
    const proxy = await start();
    context.after(() => proxy.stop());
    const ada = await Person.arrive(proxy.url, 'Ada');
    const hidden = `PUT /v1/rooms/smuggled HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${ada.token}\r\n`;
    for (const end of ENDS) {
      // What stands behind a request that both sides end at the same place is a request of its own, and Ada may make it.
      const request = `${POST}${end}`;
      const answers = await exchange(proxy, `${request}${hidden}Connection: close\r\n\r\n`);
      const statuses = [...answers.matchAll(/HTTP\/1\.[01] (\d{3})/g)].map(([, status]) => Number(status));
      assert.ok(statuses.length >= 1 && statuses[0] >= 400 && statuses[0] < 600, `${end}: ${answers}`);
      assert.ok(statuses.length <= 2, `${end}: ${answers}`);
      // Somebody else's request on a connection between proxy and server is answered as itself.
      const [status, body] = await get(proxy, '/v1/server');
      assert.equal(status, 200, `${end} poisons the next answer`);
      assert.equal(body.protocol, 1);
    }
    assert.equal((await get(proxy, '/v1/session', ada.token))[1].account.name, 'Ada');
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
