// How far somebody has read, on all their devices, and what others see of it: on the page, in a real browser.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { launch } from '../harness/browser.mjs';
import { Person } from '../harness/person.mjs';
import { Server } from '../harness/server.mjs';
import { assertAccessible } from './accessible.mjs';
import { ask, assertCalm, choose, conversations, enterAs, eventually, message, say, shows, timeline } from './room.mjs';

const PATIENCE = { timeout: 120_000 };
const TRANSPORTS = ['websocket', 'sse', 'stream', 'longpoll', 'poll'];
const PHONE = { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true };
const OFFLINE = /ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED/;
const PASSWORD = 'a long way home';

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

let pairs = 0;

/** Two who have talked with each other, and their chat. */
async function pair() {
  const number = ++pairs;
  const [adaName, bobName] = [`ada${number}`, `bob${number}`];
  const [ada, bob] = [await Person.signUp(server.url, 'Ada', adaName), await Person.signUp(server.url, 'Bob', bobName)];
  const { id } = await ada.openDirect(bobName);
  await ada.say(id, 'hello');
  await bob.openDirect(adaName);
  await bob.say(id, 'hello, Ada');
  await read(ada, id, 99);
  return { ada, bob, adaName, bobName, id };
}

/** A device more of somebody. */
async function anotherDevice(username) {
  const answer = await fetch(`${server.url}/v1/sessions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ username, password: PASSWORD, device_name: 'Another' }),
  });
  assert.equal(answer.status, 201);
  return answer.json();
}

/** Reads up to the end of what somebody sees, or up to a row before it. */
async function read(person, id, upTo) {
  const { to_seq } = await person.history(id);
  await ask(server.url, person, 'PUT', `/v1/conversations/${id}/read`, { seq: Math.min(upTo, to_seq) });
}

const write = (person, id, text, more = {}) =>
  ask(server.url, person, 'POST', `/v1/conversations/${id}/messages`, { client_id: randomUUID(), text, ...more });

async function open(person, id, query = '', options = {}) {
  const page = await enterAs(browser, server.url, person, options);
  await page.goto(`${server.url}/${query}#chat/${id}`);
  await page.locator('.room.loaded').waitFor();
  return page;
}

/** Somebody's page with their conversations, none of which is open. */
async function home(person, query = '', options = {}) {
  const page = await enterAs(browser, server.url, person, options);
  await page.goto(`${server.url}/${query}`);
  await page.getByTestId('me').waitFor();
  return page;
}

async function leave(pages, ...expected) {
  for (const page of pages) {
    assertCalm(page, ...expected);
    await page.context().close();
  }
}

const tick = (page, text) => message(page, text).getByTestId('tick');
const ticked = (page, text, label) =>
  eventually(async () => assert.equal(await tick(page, text).getAttribute('aria-label'), label));
const link = (page, name) => conversations(page).getByRole('link', { name });

/** From now on everything is kept that the tick of a message was. */
const watchTicks = (page, text) =>
  page.evaluate((wanted) => {
    window.ticks = [];
    const look = () => {
      for (const row of document.querySelectorAll('[data-testid=message]')) {
        if (row.querySelector('.text')?.textContent !== wanted) continue;
        const label = row.querySelector('[data-testid=tick]')?.getAttribute('aria-label');
        if (label && window.ticks.at(-1) !== label) window.ticks.push(label);
      }
    };
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true, attributes: true });
  }, text);

for (const transport of TRANSPORTS) {
  test(`a message is sent, delivered and read, and never less: by ${transport}`, PATIENCE, async () => {
    const { ada, bob, id } = await pair();
    const adas = await open(ada, id, `?transport=${transport}`);
    await watchTicks(adas, 'tick');
    await say(adas, 'tick');
    await ticked(adas, 'tick', 'Sent');
    // Bob is there, and looks at something else.
    const bobs = await home(bob, `?transport=${transport}`);
    await ticked(adas, 'tick', 'Delivered');
    await assertAccessible(adas);
    await link(bobs, 'Chat with Ada 1 unread').click();
    await shows(bobs, ['hello', 'hello, Ada', 'tick']);
    await ticked(adas, 'tick', 'Read');
    await assertAccessible(adas);
    await say(adas, 'tock');
    await ticked(adas, 'tock', 'Read');
    assert.deepEqual(await adas.evaluate(() => window.ticks), ['Sent', 'Delivered', 'Read']);
    await adas.reload();
    await ticked(adas, 'tick', 'Read');
    // What Bob has written himself is read, too, for Ada looks at it.
    await say(bobs, 'right');
    await ticked(bobs, 'right', 'Read');
    await leave([adas, bobs]);
  });

  test(`what is unread is right after a while without a connection: by ${transport}`, PATIENCE, async () => {
    const { ada, bob, id } = await pair();
    const page = await home(ada, `?transport=${transport}`);
    await link(page, 'Chat with Bob').waitFor();
    await page.context().setOffline(true);
    await page.getByText('You are offline').waitFor();
    await write(bob, id, 'one');
    await write(bob, id, '@Ada', { entities: [{ type: 'mention', offset: 0, length: 4, account: ada.account.id }] });
    await write(bob, id, 'three');
    await page.context().setOffline(false);
    await link(page, 'Chat with Bob 3 unread').waitFor();
    await conversations(page).getByRole('img', { name: '1 mention', exact: true }).waitFor();
    await eventually(async () => assert.equal(await page.title(), '(3) Chinwag'));
    await assertAccessible(page);
    await page.reload();
    await link(page, 'Chat with Bob 3 unread').waitFor();
    // Read elsewhere while nobody could say so.
    await page.context().setOffline(true);
    await page.getByText('You are offline').waitFor();
    await read(ada, id, 4);
    await write(bob, id, 'four');
    await page.context().setOffline(false);
    await link(page, 'Chat with Bob 2 unread').waitFor();
    await eventually(async () => assert.equal(await conversations(page).getByText('@').count(), 0));
    await leave([page], OFFLINE);
  });
}

test('what one device has read is read on the other', PATIENCE, async () => {
  const { ada, bob, adaName, id } = await pair();
  const laptop = await home(ada);
  const phone = await home(await anotherDevice(adaName), '', PHONE);
  await bob.say(id, 'one');
  await bob.say(id, 'two');
  for (const page of [laptop, phone]) {
    await link(page, 'Chat with Bob 2 unread').waitFor();
    await eventually(async () => assert.equal(await page.title(), '(2) Chinwag'));
    await assertAccessible(page);
  }
  await link(laptop, 'Chat with Bob').click();
  await shows(laptop, ['hello', 'hello, Ada', 'one', 'two']);
  await eventually(async () => assert.equal(await phone.title(), 'Chinwag'));
  assert.equal(await phone.getByLabel(/unread/).count(), 0);
  // What is written on one device is read on the other, too.
  await laptop.goto(server.url);
  await bob.say(id, 'three');
  await link(phone, 'Chat with Bob 1 unread').tap();
  await say(phone, 'four');
  await eventually(async () => assert.equal(await laptop.title(), 'Chinwag'));
  await leave([laptop, phone]);
});

test('a line stands above what is new, as long as one reads it', PATIENCE, async () => {
  const { ada, bob, id } = await pair();
  for (let count = 0; count < 30; count++) await bob.say(id, `line ${count}`);
  const page = await open(ada, id);
  const line = page.getByTestId('new-line');
  await line.waitFor();
  // One begins to read there, with something of what was before, and not at the end.
  assert.equal(await line.evaluate((node) => node.nextElementSibling.querySelector('.text').textContent), 'line 0');
  await eventually(async () => {
    const [top, from] = await Promise.all([line, timeline(page)].map((node) => node.evaluate((each) => each.getBoundingClientRect().top)));
    assert.ok(top >= from && top < from + 200, `${top} of ${from}`);
  });
  await assertAccessible(page);
  await page.waitForTimeout(1_500);
  assert.match((await ada.conversations()).map(({ marker }) => marker.unread).join(), /30/);
  await page.getByTestId('jump-latest').click();
  await eventually(async () => assert.deepEqual((await ada.conversations()).map(({ marker }) => marker.unread), [0]));
  await bob.say(id, 'later');
  await message(page, 'later').waitFor();
  assert.equal(await line.count(), 1);
  await eventually(async () => assert.deepEqual((await ada.conversations()).map(({ marker }) => marker.unread), [0]));
  await page.reload();
  await message(page, 'later').waitFor();
  assert.equal(await line.count(), 0);
  await leave([page]);
});

test('what is not looked at is not read', PATIENCE, async () => {
  const { ada, bob, id } = await pair();
  const adas = await open(ada, id);
  const bobs = await open(bob, id);
  await bobs.evaluate(() => (document.hasFocus = () => false));
  await say(adas, 'are you there?');
  await shows(bobs, ['hello', 'hello, Ada', 'are you there?']);
  await ticked(adas, 'are you there?', 'Delivered');
  await bobs.waitForTimeout(1_500);
  assert.equal(await tick(adas, 'are you there?').getAttribute('aria-label'), 'Delivered');
  await eventually(async () => assert.match(await bobs.title(), /^\(1\)/));
  await bobs.evaluate(() => {
    document.hasFocus = () => true;
    window.dispatchEvent(new Event('focus'));
  });
  await ticked(adas, 'are you there?', 'Read');
  await leave([adas, bobs]);
});

test('read is said at most once a second, and again after a lost connection', PATIENCE, async () => {
  const { ada, bob, id } = await pair();
  const page = await open(ada, id, '?transport=sse');
  const said = [];
  page.on('request', (request) => request.url().endsWith('/read') && said.push([Date.now(), request.postDataJSON().seq]));
  for (let count = 0; count < 20; count++) {
    await bob.say(id, `line ${count}`);
    await page.waitForTimeout(100);
  }
  await eventually(async () => assert.equal((await ada.conversations())[0].marker.unread, 0));
  assert.ok(said.length <= 5, JSON.stringify(said));
  for (let index = 1; index < said.length; index++) {
    assert.ok(said[index][0] - said[index - 1][0] >= 900 && said[index][1] > said[index - 1][1], JSON.stringify(said));
  }
  await page.route('**/read', (route) => route.abort());
  await bob.say(id, 'unsaid');
  await message(page, 'unsaid').waitFor();
  await page.waitForTimeout(1_500);
  assert.equal((await ada.conversations())[0].marker.unread, 1);
  await page.unroute('**/read');
  await eventually(async () => assert.equal((await ada.conversations())[0].marker.unread, 0));
  await leave([page], /ERR_FAILED/);
});

test('a conversation is marked as unread, on all devices and over a reload, until it is opened', PATIENCE, async () => {
  const { ada, adaName, id } = await pair();
  const laptop = await open(ada, id);
  const phone = await home(await anotherDevice(adaName), '', PHONE);
  // By keyboard alone.
  await laptop.getByTestId('conversation-menu').focus();
  await laptop.keyboard.press('Enter');
  await laptop.getByRole('menuitem', { name: 'Mark as unread' }).focus();
  await assertAccessible(laptop);
  await laptop.keyboard.press('Enter');
  for (const page of [laptop, phone]) await link(page, 'Chat with Bob Marked as unread').waitFor();
  assert.equal(await laptop.evaluate(() => document.activeElement.dataset.testid), 'conversation-menu');
  // Whoever still looks at it has not come back to it.
  await laptop.waitForTimeout(1_500);
  await link(laptop, 'Chat with Bob Marked as unread').waitFor();
  await phone.reload();
  await link(phone, 'Chat with Bob Marked as unread').tap();
  for (const page of [laptop, phone]) await eventually(async () => assert.equal(await page.getByLabel('Marked as unread').count(), 0));
  // From a message on.
  await choose(laptop, 'hello, Ada', 'Mark as unread from here');
  await laptop.reload();
  await laptop.getByTestId('new-line').waitFor();
  assert.equal(await laptop.getByTestId('new-line').evaluate((node) => node.nextElementSibling.querySelector('.text').textContent), 'hello, Ada');
  await leave([laptop, phone]);
});

test('who has read a message of a group', PATIENCE, async () => {
  const [ada, bob, kim] = await Promise.all(['Ada', 'Bob', 'Kim'].map((name) => Person.arrive(server.url, name)));
  const { id } = await ada.createGroup('Crew');
  await ada.addMembers(id, [bob.account.id, kim.account.id]);
  const page = await open(ada, id);
  await say(page, 'everybody here?');
  await ticked(page, 'everybody here?', 'Sent');
  await choose(page, 'everybody here?', 'Read by');
  await page.getByTestId('readers').getByText('Nobody else has read it yet').waitFor();
  await assertAccessible(page);
  await page.keyboard.press('Escape');
  const bobs = await open(bob, id);
  await ticked(page, 'everybody here?', 'Read');
  await choose(page, 'everybody here?', 'Read by');
  await page.getByTestId('reader-list').getByText('Bob').waitFor();
  assert.equal(await page.getByTestId('reader-list').getByText('Kim').count(), 0);
  await assertAccessible(page);
  await page.keyboard.press('Escape');
  await eventually(async () => assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'Message menu'));
  await leave([page, bobs]);
});

test('whoever lets nobody know is not told either, on all devices, and may change their mind', PATIENCE, async () => {
  const { ada, bob, adaName, id } = await pair();
  const adas = await open(ada, id);
  const phone = await open(await anotherDevice(adaName), id);
  const bobs = await open(bob, id);
  await say(adas, 'before');
  await ticked(adas, 'before', 'Read');
  const choice = (page) => page.getByTestId('receipts-choice').getByRole('checkbox', { name: 'Read receipts' });
  await adas.getByTestId('me').click();
  await eventually(async () => assert.equal(await choice(adas).isChecked(), true));
  await adas.getByTestId('receipts-choice').getByText('neither they nor you see it').waitFor();
  await assertAccessible(adas);
  await choice(adas).uncheck();
  await adas.getByTestId('account').getByLabel('Close').click();
  for (const page of [adas, phone]) await ticked(page, 'before', 'Sent');
  await say(bobs, 'seen?');
  await shows(adas, ['hello', 'hello, Ada', 'before', 'seen?']);
  await adas.waitForTimeout(2_500);
  assert.equal(await tick(bobs, 'seen?').getAttribute('aria-label'), 'Sent');
  await phone.getByTestId('me').click();
  await eventually(async () => assert.equal(await choice(phone).isChecked(), false));
  await choice(phone).check();
  for (const page of [adas, phone]) await ticked(page, 'before', 'Read');
  await leave([adas, phone, bobs]);
});

test('in a room nobody is told how far others are', PATIENCE, async () => {
  const ada = await Person.arrive(server.url, 'Ada');
  await ada.open('plain');
  const page = await enterAs(browser, server.url, ada);
  await page.goto(`${server.url}/r/plain`);
  await page.locator('.room.loaded').waitFor();
  await say(page, 'hm');
  await shows(page, ['hm']);
  assert.equal(await page.getByTestId('tick').count(), 0);
  await leave([page]);
});
