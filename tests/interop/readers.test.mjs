// Readers that have nothing in common get the same records in the same order, directly and through proxies that know nothing
// about us; those on a WebSocket also send.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { launch, newDevice } from '../harness/browser.mjs';
import { launchFirefox, newFirefoxDevice } from '../harness/firefox.mjs';
import { freePort } from '../harness/free-port.mjs';
import { Haproxy } from '../harness/haproxy.mjs';
import { Nginx } from '../harness/nginx.mjs';
import { Person } from '../harness/person.mjs';
import { Server } from '../harness/server.mjs';
import { Heard, HARD_TEXTS } from './records.mjs';
import * as readers from './readers.mjs';

let server;
let chromium;
let firefox;
const proxies = {};

before(async () => {
  const start = {
    nginx: Nginx.start,
    nginxWithUpgrades: Nginx.startWithUpgrades,
    haproxy: Haproxy.start,
    haproxyToHttp2: Haproxy.startToHttp2,
  };
  const ports = {};
  for (const name of Object.keys(start)) ports[name] = await freePort();
  // To the server, what comes through such a proxy may have another `Host` than the one in the browser's address.
  const origins = Object.values(ports).map((port) => `http://127.0.0.1:${port}`);
  server = await Server.start('--allow-origin', origins.join());
  for (const [name, begin] of Object.entries(start)) proxies[name] = await begin(ports[name], server.url);
  chromium = await launch();
  firefox = await launchFirefox();
});
after(async () => {
  await chromium?.close();
  await firefox?.close();
  for (const proxy of Object.values(proxies)) await proxy.stop();
  await server?.dispose();
});

const chromiumDevice = () => newDevice(chromium);
const firefoxDevice = () => newFirefoxDevice(firefox);

const PLAIN = {
  npmEventSource: readers.npmEventSource,
  httpxSse: readers.httpxSse,
  requestsPolls: readers.requestsPolls,
  chromiumEventSource: readers.pageEventSource(chromiumDevice),
  firefoxEventSource: readers.pageEventSource(firefoxDevice),
};
const WEBSOCKET = {
  npmWs: readers.npmWs(false),
  npmWsDeflate: readers.npmWs(true),
  websockets: readers.websockets,
  chromiumWebSocket: readers.pageWebSocket(chromiumDevice),
  firefoxWebSocket: readers.pageWebSocket(firefoxDevice),
};
const HTTP2 = { h2Wsproto: readers.h2Wsproto };

const WAYS = [
  ['directly', () => server.url, { ...PLAIN, ...WEBSOCKET, ...HTTP2 }],
  ['through nginx with its defaults', () => proxies.nginx.url, PLAIN],
  ['through nginx that passes on upgrades', () => proxies.nginxWithUpgrades.url, { ...PLAIN, ...WEBSOCKET }],
  ['through HAProxy with its defaults', () => proxies.haproxy.url, { ...PLAIN, ...WEBSOCKET }],
  ['through HAProxy that speaks HTTP/2 to the server', () => proxies.haproxyToHttp2.url, { ...PLAIN, ...WEBSOCKET }],
];

for (const [number, [way, urlOf, who]] of WAYS.entries()) {
  test(`all readers get the same records, ${way}`, { timeout: 120_000 }, async (context) => {
    const url = urlOf();
    const room = `readers-${number}`;
    const starts = await Promise.all(Object.values(who).map((reader) => reader({ url, room })));
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
    for (const [index, name] of Object.keys(who).entries()) {
      if (!(name in WEBSOCKET || name in HTTP2)) continue;
      const text = `${HARD_TEXTS[index % 6]} from ${name}`;
      const command = { id: name, command: 'send_message', conversation: id, client_id: randomUUID(), text };
      await started[index].send(JSON.stringify(command));
      const answer = await heard[index].answer(name);
      assert.equal(answer.type, 'reply', JSON.stringify(answer));
      sent.push({ text, seq: answer.result.seq });
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
    for (const [index, other] of others.entries()) assert.deepEqual(other, first, Object.keys(who)[index + 1]);
  });
}
