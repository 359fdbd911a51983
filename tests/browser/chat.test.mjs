// People talk on the page, in a real browser, with a real server.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, newTab, PUBLIC_NAME } from '../harness/browser.mjs';
import { Person } from '../harness/person.mjs';
import { Server } from '../harness/server.mjs';
import { assertCalm, choose, eventually, join, menuOf, message, say, shows, timeline } from './room.mjs';

const TRANSPORTS = ['websocket', 'sse', 'stream', 'longpoll', 'poll'];
const PATIENCE = { timeout: 120_000 };

let server;
let browser;

before(async () => {
  server = await Server.start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.dispose();
});

const address = (room, query = '') => `${server.url}/r/${room}${query}`;

test('two people talk, and a third reads it later', PATIENCE, async () => {
  const ada = await join(browser, address('tea'), 'Ada');
  const bob = await join(browser, address('tea'), 'Bob');
  await say(ada, 'Hello, Bob');
  await shows(bob, ['Hello, Bob']);
  await say(bob, 'Hello, Ada');
  const texts = ['Hello, Bob', 'Hello, Ada'];
  await shows(ada, texts);
  await shows(bob, texts);

  const eve = await join(browser, address('tea'), 'Eve');
  await shows(eve, texts);
  assert.match(await timeline(eve).innerText(), /Ada[\s\S]*Hello, Bob[\s\S]*Bob[\s\S]*Hello, Ada/);
  for (const page of [ada, bob, eve]) {
    assertCalm(page);
    await page.context().close();
  }
});

test('a reload keeps name and room', PATIENCE, async () => {
  const ada = await join(browser, address('reload'), 'Ada');
  await say(ada, 'still here');
  await shows(ada, ['still here']);
  await ada.reload();
  await shows(ada, ['still here']);
  await say(ada, 'and I am the same');
  await shows(ada, ['still here', 'and I am the same']);
  assert.equal(await ada.locator('.message.own').count(), 2);
  assertCalm(ada);
  await ada.context().close();
});

test('it works on an address that is neither local nor encrypted', PATIENCE, async () => {
  const ada = await join(browser, `http://${PUBLIC_NAME}:${server.port}/r/plain`, 'Ada');
  assert.equal(await ada.evaluate(() => window.isSecureContext), false);
  const bob = await join(browser, address('plain'), 'Bob');
  await say(ada, 'from afar');
  await shows(bob, ['from afar']);
  await say(bob, 'from near');
  await shows(ada, ['from afar', 'from near']);
  for (const page of [ada, bob]) {
    assertCalm(page);
    await page.context().close();
  }
});

for (const transport of TRANSPORTS) {
  test(`reading by ${transport} alone`, PATIENCE, async () => {
    const ada = await join(browser, address(`by-${transport}`, `?transport=${transport}&debug`), 'Ada');
    const bob = await Person.arrive(server.url, 'Bob');
    const { id } = await bob.open(`by-${transport}`);
    const texts = Array.from({ length: 5 }, (_, index) => `message ${index}`);
    for (const text of texts) await bob.say(id, text);
    await shows(ada, texts);
    const posted = [];
    ada.on('request', (request) => request.method() === 'POST' && request.url().endsWith('/messages') && posted.push(request.url()));
    await say(ada, 'answer');
    await shows(ada, [...texts, 'answer']);
    // Up the WebSocket, where there is one.
    assert.equal(posted.length, transport === 'websocket' ? 0 : 1);
    assert.equal(await ada.getByTestId('transport').innerText(), transport);
    assert.equal(await ada.getByTestId('transport-reason').innerText(), 'forced');
    assertCalm(ada);
    await ada.context().close();
  });
}

test('a message is pending until the server has it', PATIENCE, async () => {
  // Reading by something that takes no commands, so that messages are requests, which can be held back.
  const ada = await join(browser, address('pending', '?transport=sse'), 'Ada');
  let letGo;
  const held = new Promise((resolve) => (letGo = resolve));
  await ada.route('**/messages', async (route) => {
    await held;
    await route.continue();
  });
  await say(ada, 'slowly');
  await message(ada, 'slowly').and(ada.locator('[data-state=pending]')).waitFor();
  assert.equal(await ada.getByTestId('composer').inputValue(), '');
  letGo();
  await shows(ada, ['slowly']);
  assertCalm(ada);
  await ada.context().close();
});

test('a message that the server refuses says why, holds up the next, and can be discarded', PATIENCE, async () => {
  const ada = await join(browser, address('refused'), 'Ada');
  // Something to JavaScript's trim, and nothing to the eye.
  await say(ada, '\u200b');
  const refused = ada.locator('[data-testid=message][data-state=failed]');
  await refused.waitFor();
  assert.match(await refused.innerText(), /Not sent\. .*visible character/);
  await say(ada, 'behind it');
  await message(ada, 'behind it').and(ada.locator('[data-state=pending]')).waitFor();
  await refused.getByRole('button', { name: 'Discard' }).click();
  await shows(ada, ['behind it']);
  assertCalm(ada, /status of 400 .*\/messages\)$/);
  await ada.context().close();
});

test('a text that is too long cannot be sent, and the page says by how much', PATIENCE, async () => {
  const ada = await join(browser, address('long'), 'Ada');
  // Two bytes each.
  await ada.getByTestId('composer').fill('ü'.repeat(16_385));
  assert.equal(await ada.locator('.limit').innerText(), 'Too long by 2 bytes');
  assert.equal(await ada.getByTestId('send').isDisabled(), true);
  await ada.getByTestId('composer').press('Enter');
  await ada.getByTestId('composer').fill('ü'.repeat(16_384));
  await ada.getByTestId('send').click();
  await shows(ada, ['ü'.repeat(16_384)]);
  assertCalm(ada);
  await ada.context().close();
});

test('older messages load on the way up, and nothing moves under the eye', PATIENCE, async () => {
  const bob = await Person.arrive(server.url, 'Bob');
  const { id } = await bob.open('old');
  for (let number = 1; number <= 120; number++) await bob.say(id, `${number} ${'word '.repeat((number * 7) % 60)}`.trim());
  const ada = await join(browser, address('old'), 'Ada');
  await ada.locator('[data-seq="120"]').waitFor();

  // The page of older messages is held back until there is a row to keep the eye on.
  let letGo;
  const held = new Promise((resolve) => (letGo = resolve));
  await ada.route('**/messages?before=*', async (route) => {
    await held;
    await route.continue();
  });
  const asked = ada.waitForRequest('**/messages?before=*');
  await timeline(ada).evaluate((scroller) => (scroller.scrollTop = 300));
  await asked;
  const row = await timeline(ada).evaluate((scroller) => {
    const top = scroller.getBoundingClientRect().top;
    const rows = [...scroller.querySelectorAll('[data-seq]')];
    return rows.find((candidate) => candidate.getBoundingClientRect().bottom > top).dataset.seq;
  });
  const top = () => ada.locator(`[data-seq="${row}"]`).evaluate((node) => node.getBoundingClientRect().top);
  const before = await top();
  letGo();
  await ada.locator('[data-seq="21"]').waitFor({ state: 'attached' });
  assert.ok(Math.abs((await top()) - before) <= 1, `row ${row} was at ${before} and is at ${await top()}`);

  // All the way up, to the beginning.
  while ((await ada.locator('[data-seq="1"]').count()) === 0) await timeline(ada).press('Home');
  const seqs = await ada.getByTestId('message').evaluateAll((rows) => rows.map(({ dataset }) => Number(dataset.seq)));
  assert.deepEqual(seqs, Array.from({ length: 120 }, (_, index) => index + 1));
  assertCalm(ada);
  await ada.context().close();
});

test('what arrives while one reads above moves nothing, and is counted', PATIENCE, async () => {
  const bob = await Person.arrive(server.url, 'Bob');
  const { id } = await bob.open('above');
  for (let number = 1; number <= 40; number++) await bob.say(id, `line ${number}`);
  const ada = await join(browser, address('above'), 'Ada');
  await ada.locator('[data-seq="40"]').waitFor();
  await timeline(ada).evaluate((scroller) => (scroller.scrollTop = 200));
  await ada.getByTestId('jump-latest').waitFor();
  const place = await timeline(ada).evaluate((scroller) => scroller.scrollTop);
  await bob.say(id, 'news');
  await ada.getByText('1 new').waitFor();
  assert.equal(await timeline(ada).evaluate((scroller) => scroller.scrollTop), place);
  await ada.getByTestId('jump-latest').click();
  await message(ada, 'news').waitFor();
  const toEnd = await timeline(ada).evaluate(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight);
  assert.ok(toEnd <= 1, `${toEnd} px to the end`);
  assertCalm(ada);
  await ada.context().close();
});

test('a deleted message is gone for everyone, now and later', PATIENCE, async () => {
  const ada = await join(browser, address('delete'), 'Ada');
  const bob = await join(browser, address('delete'), 'Bob');
  await say(ada, 'a slip');
  await say(ada, 'the rest');
  await shows(bob, ['a slip', 'the rest']);
  assert.equal(await (await menuOf(bob, 'a slip')).getByRole('menuitem', { name: 'Delete message' }).count(), 0);
  await bob.keyboard.press('Escape');
  await choose(ada, 'a slip', 'Delete message');
  await ada.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  const texts = ['Message deleted', 'the rest'];
  await shows(ada, texts);
  await shows(bob, texts);
  await bob.reload();
  await shows(bob, texts);
  for (const page of [ada, bob]) {
    assertCalm(page);
    await page.context().close();
  }
});

test('text stays text', PATIENCE, async () => {
  const hostile = '<img src=x onerror=alert(1)> <script>alert(1)</script> javascript:alert(1) &lt;b&gt; {{1+1}}';
  const ada = await join(browser, address('text'), '<b>Ada</b>');
  ada.on('dialog', () => ada.complaints.push('a dialog'));
  const bob = await join(browser, address('text'), 'Bob');
  bob.on('dialog', () => bob.complaints.push('a dialog'));
  await say(ada, hostile);
  await shows(bob, [hostile]);
  await timeline(bob).getByText('<b>Ada</b>', { exact: true }).waitFor();
  assert.equal(await timeline(bob).locator('img, script, b, a').count(), 0);
  await say(ada, 'see https://chat.example/a?b=c, and (http://chat.example/)');
  const links = timeline(bob).locator('a');
  await links.nth(1).waitFor();
  const attributes = await links.evaluateAll((all) => all.map((link) => [link.href, link.rel, link.target]));
  assert.deepEqual(attributes, [
    ['https://chat.example/a?b=c', 'noopener noreferrer nofollow', '_blank'],
    ['http://chat.example/', 'noopener noreferrer nofollow', '_blank'],
  ]);
  for (const page of [ada, bob]) {
    assertCalm(page);
    await page.context().close();
  }
});

test('a message that waits in two tabs is stored once', PATIENCE, async () => {
  const first = await join(browser, address('tabs', '?transport=sse'), 'Ada');
  let letGo;
  const held = new Promise((resolve) => (letGo = resolve));
  await first.route('**/messages', async (route) => {
    await held;
    await route.continue();
  });
  await say(first, 'once');
  const second = await newTab(first.context());
  await second.goto(address('tabs'));
  await shows(second, ['once']);
  letGo();
  await say(first, 'and more');
  for (const tab of [first, second]) {
    await shows(tab, ['once', 'and more']);
    assertCalm(tab);
  }
  await first.context().close();
});

test('what is written offline is sent on return', PATIENCE, async () => {
  const ada = await join(browser, address('offline'), 'Ada');
  const bob = await join(browser, address('offline'), 'Bob');
  await ada.context().setOffline(true);
  await say(ada, 'one');
  await say(ada, 'two');
  await ada.getByText('You are offline').waitFor();
  await say(bob, 'meanwhile');
  await shows(bob, ['meanwhile']);
  await ada.context().setOffline(false);
  for (const page of [ada, bob]) await shows(page, ['meanwhile', 'one', 'two']);
  await ada.getByText('You are offline').waitFor({ state: 'hidden' });
  assertCalm(ada, /ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED/);
  assertCalm(bob);
  for (const page of [ada, bob]) await page.context().close();
});

test('what is said in another room is counted', PATIENCE, async () => {
  const ada = await join(browser, address('elsewhere'), 'Ada');
  await ada.goto(address('here'));
  await ada.locator('.room.loaded').waitFor();
  const bob = await Person.arrive(server.url, 'Bob');
  const { id } = await bob.open('elsewhere');
  await bob.say(id, 'psst');
  await ada.getByTestId('conversations').getByLabel('1 unread').waitFor();
  await eventually(async () => assert.equal(await ada.title(), '(1) here · Chinwag'));
  await ada.getByTestId('conversations').getByText('elsewhere').click();
  await shows(ada, ['psst']);
  await eventually(async () => assert.equal(await ada.title(), 'elsewhere · Chinwag'));
  assertCalm(ada);
  await ada.context().close();
});

test('signed out, the page asks for a name again', PATIENCE, async () => {
  const ada = await join(browser, address('out'), 'Ada');
  assert.equal(await ada.evaluate(async () => (await fetch('/v1/session', { method: 'DELETE' })).status), 204);
  await ada.getByTestId('name-input').waitFor();
  assert.equal(await ada.getByTestId('name-input').inputValue(), 'Ada');
  await ada.getByTestId('start').click();
  await say(ada, 'somebody new');
  await shows(ada, ['somebody new']);
  assertCalm(ada, /status of 401/);
  await ada.context().close();
});
