// Readers that have nothing in common get the same records in the same order: directly, and through a proxy that knows
// nothing about us.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { EventSource } from 'eventsource';
import { launch, newDevice } from '../harness/browser.mjs';
import { freePort, Nginx } from '../harness/nginx.mjs';
import { Person } from '../harness/person.mjs';
import { Program } from '../harness/program.mjs';
import { Server } from '../harness/server.mjs';
import { Heard, HARD_TEXTS } from './records.mjs';

const PYTHON = process.env.TEST_PYTHON ?? new URL('../../target/test-tools/python/bin/python', import.meta.url).pathname;

let server;
let nginx;
let browser;

before(async () => {
  const port = await freePort();
  // To the server, what comes through such a proxy has another `Host` than the one in the browser's address.
  server = await Server.start('--allow-origin', `http://127.0.0.1:${port}`);
  nginx = await Nginx.start(port, server.url);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await nginx?.stop();
  await server?.dispose();
});

// Each takes a place in a room, and then reads on from a cursor.

async function npmEventSource(url, room) {
  const person = await Person.arrive(url, 'npm eventsource');
  await person.open(room);
  return (cursor, heard) => {
    const source = new EventSource(`${url}/v1/events?after=${cursor}`, {
      fetch: (address, init) =>
        fetch(address, { ...init, headers: { ...init.headers, Authorization: `Bearer ${person.token}` } }),
    });
    source.onmessage = ({ lastEventId, data }) => heard.event(lastEventId, data);
    return () => source.close();
  };
}

const python = (script, take) => async (url, room) => {
  const person = await Person.arrive(url, script);
  await person.open(room);
  return (cursor, heard) => {
    const program = new Program(PYTHON, new URL(script, import.meta.url).pathname, url, person.token, cursor);
    const read = async () => {
      for (;;) take(JSON.parse(await program.line()), heard);
    };
    read().catch((error) => heard.fail(error));
    return () => program.stop();
  };
};

const httpxSse = python('read_sse.py', ({ id, data }, heard) => heard.event(id, data));
const requestsPolls = python('read_polls.py', (record, heard) => heard.record(record));

async function browserEventSource(url, room) {
  const page = await newDevice(browser);
  await page.goto(url);
  await page.evaluate(async (slug) => {
    const headers = { 'Content-Type': 'application/json' };
    await fetch('/v1/guests', { method: 'POST', headers, body: '{"name":"Chromium","session":"cookie"}' });
    await fetch(`/v1/rooms/${slug}`, { method: 'PUT' });
  }, room);
  return async (cursor, heard) => {
    await page.exposeFunction('heard', (id, data) => heard.event(id, data));
    await page.evaluate((after) => {
      const source = new window.EventSource(`/v1/events?after=${after}`);
      source.onmessage = ({ lastEventId, data }) => window.heard(lastEventId, data);
    }, cursor);
    return () => page.context().close();
  };
}

const READERS = { npmEventSource, httpxSse, requestsPolls, browserEventSource };

for (const [way, urlOf] of [['directly', () => server.url], ['through nginx with its defaults', () => nginx.url]]) {
  test(`all readers get the same records, ${way}`, { timeout: 120_000 }, async (context) => {
    const url = urlOf();
    const room = `readers-${way.length}`;
    const readers = await Promise.all(Object.values(READERS).map((reader) => reader(url, room)));
    const ada = await Person.arrive(url, 'Ada');
    const { id, cursor } = await ada.open(room);

    const half = 3;
    for (const text of HARD_TEXTS.slice(0, half)) await ada.say(id, text);
    await ada.delete(id, 1);
    await ada.say(id, 'half');
    const heard = readers.map(() => new Heard());
    for (const [index, start] of readers.entries()) context.after(await start(cursor, heard[index]));
    // From here on they all wait for what is said.
    await Promise.all(heard.map((one) => one.until('half')));
    for (const text of HARD_TEXTS.slice(half)) await ada.say(id, text);
    await ada.say(id, 'end');
    const [first, ...others] = await Promise.all(heard.map((one) => one.until('end')));

    const read = first.map((record) => (record.type === 'message' ? record.text : record.type));
    // The first one was deleted before anybody read it.
    const [, ...texts] = HARD_TEXTS;
    assert.deepEqual(read, ['', ...texts.slice(0, half - 1), 'delete', 'half', ...texts.slice(half - 1), 'end']);
    for (const other of others) assert.deepEqual(other, first);
  });
}
