// The page by TLS: Chromium speaks HTTP/2, and makes its WebSocket a stream of the connection that it has (RFC 8441).
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as path } from 'node:path';
import { test } from 'node:test';
import { launch, newDevice } from '../harness/browser.mjs';
import { Certificate } from '../harness/certificate.mjs';
import { Server } from '../harness/server.mjs';
import { assertCalm, enter, say, shows } from './room.mjs';

test('two people talk over one connection each', { timeout: 120_000 }, async (context) => {
  const folder = await mkdtemp(path(tmpdir(), 'chinwag-net-log-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const certificate = await Certificate.make();
  context.after(() => certificate.dispose());
  const server = await Server.start(...certificate.options);
  context.after(() => server.dispose());
  const netLog = path(folder, 'net-log.json');
  const browser = await launch({ netLog });
  context.after(() => browser.close());

  const people = {};
  const sockets = [];
  for (const name of ['Ada', 'Bob']) {
    const page = await newDevice(browser, { ignoreHTTPSErrors: true });
    page.on('websocket', () => sockets.push(name));
    people[name] = await enter(page, `${server.url}/r/tls?debug`, name);
    await page.getByTestId('transport').getByText('websocket').waitFor();
  }
  const { Ada, Bob } = people;
  await say(Ada, 'Hello, Bob');
  await shows(Bob, ['Hello, Bob']);
  await say(Bob, 'Hello, Ada');
  for (const page of [Ada, Bob]) {
    await shows(page, ['Hello, Bob', 'Hello, Ada']);
    assertCalm(page);
  }
  assert.deepEqual(sockets, ['Ada', 'Bob']);
  const cookies = await Ada.context().cookies();
  assert.equal(cookies.length, 1);
  assert.match(cookies[0].name, /^__Host-chinwag-[0-9a-f-]{36}$/);
  assert.deepEqual([cookies[0].secure, cookies[0].httpOnly], [true, true]);
  await browser.close();

  const { constants, events } = JSON.parse(await readFile(netLog, 'utf8'));
  const sent = events.filter((event) => event.type === constants.logEventTypes.HTTP2_SESSION_SEND_HEADERS);
  const connects = sent.filter(({ params }) => params.headers.includes(':method: CONNECT'));
  assert.equal(connects.length, 2);
  for (const { params, source } of connects) {
    assert.ok(params.headers.includes(':protocol: websocket'), params.headers.join());
    // On the connection that has carried the page itself.
    const paths = sent.filter((event) => event.source.id === source.id).map((event) => event.params.headers);
    assert.ok(paths.some((headers) => headers.includes(':path: /r/tls?debug')));
  }
});
