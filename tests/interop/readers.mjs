// Readers that have nothing in common. Each takes a place in a room, reads on from a cursor once it is told to, and can
// then be stopped; one that reads by WebSocket can also send. Over https they trust the given certificate.
import { readFile } from 'node:fs/promises';
import { EventSource } from 'eventsource';
import { fetch } from 'undici';
import { WebSocket } from 'ws';
import { Person } from '../harness/person.mjs';
import { Program } from '../harness/program.mjs';

export const PYTHON =
  process.env.TEST_PYTHON ?? new URL('../../target/test-tools/python/bin/python', import.meta.url).pathname;

export async function npmEventSource({ url, room }) {
  const person = await Person.arrive(url, 'npm eventsource');
  await person.open(room);
  return (cursor, heard) => {
    const source = new EventSource(`${url}/v1/events?after=${cursor}`, {
      fetch: (address, init) =>
        fetch(address, { ...init, headers: { ...init.headers, Authorization: `Bearer ${person.token}` } }),
    });
    source.onmessage = ({ lastEventId, data }) => heard.event(lastEventId, data);
    return { stop: () => source.close() };
  };
}

export const npmWs = (perMessageDeflate) => async ({ url, room, certificate }) => {
  const person = await Person.arrive(url, 'npm ws');
  await person.open(room);
  const ca = await readFile(certificate);
  return (cursor, heard) => {
    const socket = openWs(url, person.token, cursor, { perMessageDeflate, ca });
    socket.on('message', (data) => heard.message(data.toString()));
    socket.on('error', (error) => heard.fail(error));
    return { stop: () => socket.terminate(), send: (text) => socket.send(text) };
  };
};

/** A WebSocket of npm's `ws`. */
export function openWs(url, token, cursor, options) {
  const address = `${url.replace('http', 'ws')}/v1/events${cursor === undefined ? '' : `?after=${cursor}`}`;
  return new WebSocket(address, 'chinwag.v1.json', { headers: { Authorization: `Bearer ${token}` }, ...options });
}

const python = (script, take, canSend = false) => async ({ url, room, certificate }) => {
  const person = await Person.arrive(url, script);
  await person.open(room);
  return (cursor, heard) => {
    const path = new URL(script, import.meta.url).pathname;
    const program = new Program(PYTHON, path, url, person.token, cursor, certificate);
    const read = async () => {
      for (;;) take(await program.line(), heard);
    };
    read().catch((error) => heard.fail(error));
    return { stop: () => program.stop(), send: canSend && ((text) => program.tell(text)) };
  };
};

export const httpxSse = python('read_sse.py', (line, heard) => {
  const { id, data } = JSON.parse(line);
  heard.event(id, data);
});
export const requestsPolls = python('read_polls.py', (line, heard) => heard.record(JSON.parse(line)));
export const websockets = python('read_websocket.py', (line, heard) => heard.message(line), true);
export const h2Wsproto = python('read_websocket_h2.py', (line, heard) => heard.message(line), true);

/** In a page of the server's own, with its cookie. `newDevice` opens one in a browser. */
const inPage = (name, canSend, newDevice, read) => async ({ url, room }) => {
  const page = await newDevice();
  await page.goto(url);
  await page.evaluate(signIn, { name, slug: room });
  return async (cursor, heard) => {
    await page.exposeFunction('heardEvent', (id, data) => heard.event(id, data));
    await page.exposeFunction('heardMessage', (data) => heard.message(data));
    await page.evaluate(read, cursor);
    const send = (text) => page.evaluate((data) => window.socket.send(data), text);
    return { stop: () => page.close(), send: canSend && send };
  };
};

export const pageEventSource = (newDevice) =>
  inPage('EventSource', false, newDevice, (after) => {
    const source = new window.EventSource(`/v1/events?after=${after}`);
    source.onmessage = ({ lastEventId, data }) => window.heardEvent(lastEventId, data);
  });

export const pageWebSocket = (newDevice) =>
  inPage('WebSocket', true, newDevice, (after) => {
    window.socket = new window.WebSocket(`/v1/events?after=${after}`, 'chinwag.v1.json');
    window.socket.onmessage = ({ data }) => window.heardMessage(data);
  });

/** Runs in the page. */
async function signIn({ name, slug }) {
  const headers = { 'Content-Type': 'application/json' };
  await fetch('/v1/guests', { method: 'POST', headers, body: JSON.stringify({ name, session: 'cookie' }) });
  await fetch(`/v1/rooms/${slug}`, { method: 'PUT' });
}
