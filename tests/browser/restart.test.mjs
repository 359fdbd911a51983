// The server goes away and comes back; nobody has to reload, and nothing is lost or doubled.
import { test } from 'node:test';
import { launch } from '../harness/browser.mjs';
import { Server } from '../harness/server.mjs';
import { assertCalm, join, message, say, shows } from './room.mjs';

const AWAY = /WebSocket connection to .* failed|ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET|status of 503/;

for (const [name, end] of [['stops in order', 'stop'], ['is killed', 'kill']]) {
  test(`the server ${name} and comes back`, { timeout: 180_000 }, async (context) => {
    const server = await Server.start();
    context.after(() => server.dispose());
    const browser = await launch();
    context.after(() => browser.close());
    const address = `${server.url}/r/restart`;
    const ada = await join(browser, address, 'Ada');
    const bob = await join(browser, address, 'Bob');
    await say(ada, 'before');
    await shows(bob, ['before']);

    await server[end]();
    await say(ada, 'meanwhile');
    await say(ada, 'and again');
    await message(ada, 'and again').and(ada.locator('[data-state=pending]')).waitFor();
    await ada.getByTestId('connection').getByText('Reconnecting').waitFor();
    await server.start();

    const texts = ['before', 'meanwhile', 'and again'];
    await shows(ada, texts);
    await shows(bob, texts);
    await say(bob, 'after');
    for (const page of [ada, bob]) {
      await shows(page, [...texts, 'after']);
      await page.locator('[data-testid=connection][data-state=live]').waitFor({ state: 'attached' });
      assertCalm(page, AWAY);
    }
  });
}
