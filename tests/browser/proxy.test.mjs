// The page behind a proxy that only passes on, and so changes the `Host` that the server sees.
import { test } from 'node:test';
import { launch, newDevice } from '../harness/browser.mjs';
import { freePort } from '../harness/free-port.mjs';
import { Nginx } from '../harness/nginx.mjs';
import { Server } from '../harness/server.mjs';
import { assertCalm, join, say, shows } from './room.mjs';

const PATIENCE = { timeout: 120_000 };

async function start(context, ...options) {
  const port = await freePort();
  const server = await Server.start(...options.map((option) => option.replace('PORT', port)));
  context.after(() => server.dispose());
  const nginx = await Nginx.start(port, server.url);
  context.after(() => nginx.stop());
  const browser = await launch();
  context.after(() => browser.close());
  return { browser, outside: `${nginx.url}/r/proxy`, inside: `${server.url}/r/proxy` };
}

test('its origin allowed, people on both sides of it talk', PATIENCE, async (context) => {
  const { browser, outside, inside } = await start(context, '--allow-origin', 'http://127.0.0.1:PORT');
  const ada = await join(browser, `${outside}?debug`, 'Ada');
  const bob = await join(browser, inside, 'Bob');
  await say(ada, 'from outside');
  await shows(bob, ['from outside']);
  await say(bob, 'from inside');
  await shows(ada, ['from outside', 'from inside']);
  // As it comes, nginx passes no upgrade on. The next best works through it: nothing is held back.
  await ada.getByTestId('transport').getByText('sse').waitFor();
  await ada.getByTestId('transport-reason').getByText('websocket failed').waitFor();
  assertCalm(ada, /WebSocket connection to .* failed/);
  assertCalm(bob);
});

test('its origin not allowed, the page says so', PATIENCE, async (context) => {
  const { browser, outside } = await start(context);
  const ada = await newDevice(browser);
  await ada.goto(outside);
  await ada.getByTestId('start').click();
  await ada.getByRole('alert').getByText(/--allow-origin/).waitFor();
  assertCalm(ada, /status of 403 .*\/v1\/guests\)$/);
});
