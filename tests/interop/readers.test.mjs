// Readers that have nothing in common get the same records in the same order, directly, by TLS, and through proxies that
// know nothing about us; those on a WebSocket also send.
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { Agent, setGlobalDispatcher } from 'undici';
import { launch, newDevice } from '../harness/browser.mjs';
import { Certificate } from '../harness/certificate.mjs';
import { launchFirefox, newFirefoxDevice } from '../harness/firefox.mjs';
import { freePort } from '../harness/free-port.mjs';
import { Haproxy } from '../harness/haproxy.mjs';
import { Nginx } from '../harness/nginx.mjs';
import { Server } from '../harness/server.mjs';
import * as readers from './readers.mjs';
import { sameRecords } from './same-records.mjs';

let server;
let certificate;
let tlsServer;
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
  certificate = await Certificate.make();
  tlsServer = await Server.start(...certificate.options);
  setGlobalDispatcher(new Agent({ connect: { ca: await readFile(certificate.file) } }));
  for (const [name, begin] of Object.entries(start)) proxies[name] = await begin(ports[name], server.url);
  chromium = await launch();
  firefox = await launchFirefox();
});
after(async () => {
  await chromium?.close();
  await firefox?.close();
  for (const proxy of Object.values(proxies)) await proxy.stop();
  await server?.dispose();
  await tlsServer?.dispose();
  await certificate?.dispose();
});

const chromiumDevice = () => newDevice(chromium, { ignoreHTTPSErrors: true });
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
  // Here those who can speak HTTP/2: the browsers, httpx, and h2.
  ['by TLS', () => tlsServer.url, { ...PLAIN, ...WEBSOCKET, ...HTTP2 }],
  ['through nginx with its defaults', () => proxies.nginx.url, PLAIN],
  ['through nginx that passes on upgrades', () => proxies.nginxWithUpgrades.url, { ...PLAIN, ...WEBSOCKET }],
  ['through HAProxy with its defaults', () => proxies.haproxy.url, { ...PLAIN, ...WEBSOCKET }],
  ['through HAProxy that speaks HTTP/2 to the server', () => proxies.haproxyToHttp2.url, { ...PLAIN, ...WEBSOCKET }],
];

for (const [number, [way, urlOf, who]] of WAYS.entries()) {
  test(`all readers get the same records, ${way}`, { timeout: 120_000 }, (context) =>
    sameRecords(context, { url: urlOf(), room: `readers-${number}`, certificate: certificate.file }, who));
}
