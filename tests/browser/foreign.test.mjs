// Somebody who is signed in visits a page of somebody else, which tries what a page can.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { launch, newTab, PUBLIC_NAME } from '../harness/browser.mjs';
import { Person } from '../harness/person.mjs';
import { Server } from '../harness/server.mjs';
import { assertCalm, eventually, join, say, shows } from './room.mjs';

let server;
let foreign;
let browser;

before(async () => {
  server = await Server.start();
  foreign = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end('<!doctype html>'));
  await once(foreign.listen(0, '127.0.0.1'), 'listening');
  browser = await launch();
});
after(async () => {
  await browser?.close();
  foreign?.close();
  await server?.dispose();
});

// To a browser another port is another origin on the same site, so that the cookie goes with every request of its page.
for (const [whose, host] of [['the same host', '127.0.0.1'], ['another host', PUBLIC_NAME]]) {
  test(`a page from elsewhere reads nothing and changes nothing: ${whose}`, { timeout: 120_000 }, async () => {
    const room = `foreign-${host}`;
    const ada = await join(browser, `${server.url}/r/${room}`, 'Ada');
    await say(ada, 'secret');
    await shows(ada, ['secret']);
    const bob = await Person.arrive(server.url, 'Bob');
    const { id, cursor } = await bob.open(room);

    const evil = await newTab(ada.context());
    await evil.goto(`http://${host}:${foreign.address().port}/`);
    const outcome = await evil.evaluate(tryAll, { url: server.url, id, cursor });
    assert.deepEqual(outcome, {
      events: 'refused',
      socket: 'refused',
      poll: 'refused',
      stream: 'refused',
      blindPoll: 'opaque',
      session: 'refused',
      post: 'refused',
      blindPost: 'opaque',
      put: 'refused',
      signOut: 'refused',
      script: 'refused',
    });
    const shown = () => evil.frames().map((frame) => frame.url().split(':')[0]);
    await eventually(() => assert.deepEqual(shown(), ['http', 'chrome-error']));

    // What a form can send goes with a navigation, and so last.
    await evil.evaluate(submitForm, `${server.url}/v1/conversations/${id}/messages`);
    await evil.waitForURL(`${server.url}/**`);
    assert.match(await evil.locator('body').innerText(), /origin_refused|unauthenticated/);

    await say(ada, 'still in');
    await shows(ada, ['secret', 'still in']);
    assertCalm(ada);
    await ada.context().close();
  });
}

/** Runs in the foreign page. */
async function tryAll({ url, id, cursor }) {
  const outcome = {};
  const attempt = async (name, path, init) => {
    try {
      const { type } = await fetch(url + path, { credentials: 'include', ...init });
      outcome[name] = type;
    } catch {
      outcome[name] = 'refused';
    }
  };
  const events = `/v1/events?after=${cursor}`;
  outcome.events = await new Promise((resolve) => {
    const source = new EventSource(url + events, { withCredentials: true });
    source.onopen = source.onmessage = () => resolve('open');
    source.onerror = () => {
      source.close();
      resolve('refused');
    };
  });
  // Nothing but `Origin` stops one: it needs no leave to be made from another page, and the cookie goes along.
  outcome.socket = await new Promise((resolve) => {
    const socket = new WebSocket(url.replace('http', 'ws') + events, 'chinwag.v1.json');
    socket.onopen = socket.onmessage = () => resolve('open');
    socket.onerror = () => resolve('refused');
  });
  const message = `{"client_id":"0197a3b0-0000-7000-8000-000000000001","text":"forged"}`;
  const messages = `/v1/conversations/${id}/messages`;
  await attempt('poll', events);
  await attempt('stream', events, { headers: { Accept: 'application/x-ndjson' } });
  await attempt('blindPoll', events, { mode: 'no-cors' });
  await attempt('session', '/v1/session');
  await attempt('post', messages, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: message });
  await attempt('blindPost', messages, { method: 'POST', mode: 'no-cors', body: message });
  await attempt('put', '/v1/rooms/forged', { method: 'PUT' });
  await attempt('signOut', '/v1/session', { method: 'DELETE' });
  outcome.script = await new Promise((resolve) => {
    const script = document.createElement('script');
    script.onload = () => resolve('loaded');
    script.onerror = () => resolve('refused');
    script.src = `${url}/v1/sync`;
    document.head.append(script);
  });
  const frame = document.createElement('iframe');
  frame.src = `${url}/`;
  document.body.append(frame);
  await new Promise((resolve) => (frame.onload = resolve));
  return outcome;
}

/** Runs in the foreign page. */
function submitForm(action) {
  const form = document.createElement('form');
  Object.assign(form, { method: 'POST', enctype: 'text/plain', action });
  const field = document.createElement('input');
  field.name = '{"client_id":"0197a3b0-0000-7000-8000-000000000002","text":"forged","x":"';
  field.value = '"}';
  form.append(field);
  document.body.append(form);
  form.submit();
}
