// Another engine: the page in Firefox, over WebSocket and over Server-Sent Events, with somebody who is elsewhere.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchFirefox, newFirefoxDevice } from '../harness/firefox.mjs';
import { Person } from '../harness/person.mjs';
import { Server } from '../harness/server.mjs';
import { eventually } from './room.mjs';

let server;
let firefox;

before(async () => {
  server = await Server.start();
  firefox = await launchFirefox();
});
after(async () => {
  await firefox?.close();
  await server?.dispose();
});

const at = (id) => `[data-testid=${id}]`;

for (const transport of ['websocket', 'sse']) {
  test(`reading and writing by ${transport}`, { timeout: 120_000 }, async () => {
    const room = `firefox-${transport}`;
    const bob = await Person.arrive(server.url, 'Bob');
    const { id } = await bob.open(room);
    const page = await newFirefoxDevice(firefox);
    const complaints = [];
    page.on('pageerror', (error) => complaints.push(String(error)));

    await page.goto(`${server.url}/r/${room}?transport=${transport}&debug`);
    await (await page.waitForSelector(at('name-input'))).type('Ada');
    await page.click(at('start'));
    await page.waitForSelector('.room.loaded');
    await bob.say(id, 'from elsewhere');
    const shows = (texts) => eventually(async () => {
      const rows = await page.$$eval(at('message'), (all) =>
        all.map((row) => `${row.querySelector('.text').textContent} [${row.dataset.state}]`));
      assert.deepEqual(rows, texts.map((text) => `${text} [sent]`));
    });
    await shows(['from elsewhere']);
    const posted = [];
    page.on('request', (request) => request.method() === 'POST' && request.url().endsWith('/messages') && posted.push(request.url()));
    await page.type(at('composer'), 'from Firefox');
    await page.keyboard.press('Enter');
    await shows(['from elsewhere', 'from Firefox']);
    assert.equal(posted.length, transport === 'websocket' ? 0 : 1);
    assert.equal(await page.$eval(at('transport'), (node) => node.innerText), transport);
    const { messages } = await bob.history(id);
    assert.deepEqual(messages.map(({ text, sender }) => [sender.name, text]),
      [['Bob', 'from elsewhere'], ['Ada', 'from Firefox']]);
    assert.deepEqual(complaints, []);
    await page.browserContext().close();
  });
}
