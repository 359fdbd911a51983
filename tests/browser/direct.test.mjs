// Two people talk with each other alone: on the page, in a real browser.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from '../harness/browser.mjs';
import { Person } from '../harness/person.mjs';
import { Server } from '../harness/server.mjs';
import { assertAccessible } from './accessible.mjs';
import { assertCalm, conversations, enterAs, eventually, fill, message, say, shows } from './room.mjs';

const PATIENCE = { timeout: 120_000 };
// A browser tells the console of this, which the page expects.
const NOT_FOUND = /status of 404 /;

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

const PHONE = { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true };

async function openChat(page, username) {
  await page.getByTestId('new-chat-button').click();
  await fill(page, 'direct-form', { username });
}

test('a chat is opened by a user name, and comes to the other as a request that they accept', PATIENCE, async () => {
  const [ada, bob] = [await Person.signUp(server.url, 'Ada', 'ada'), await Person.signUp(server.url, 'Bob', 'bob')];
  const [adas, bobs] = [await enterAs(browser, server.url, ada), await enterAs(browser, server.url, bob)];
  await openChat(adas, 'Bob');
  await adas.locator('.room.loaded').waitFor();
  assert.equal(await adas.getByTestId('room-title').innerText(), 'Bob');
  await say(adas, 'Hello, Bob');
  await shows(adas, ['Hello, Bob']);
  await conversations(adas).getByRole('link', { name: 'Chat with Bob' }).waitFor();

  const requests = bobs.getByTestId('requests');
  await requests.getByRole('link', { name: /Ada/ }).waitFor();
  await bobs.getByRole('status').filter({ hasText: 'Ada wants to talk with you' }).waitFor({ state: 'attached' });
  assert.equal(await conversations(bobs).getByRole('link').count(), 0);
  await assertAccessible(bobs);

  // Reading it is not yet accepting it.
  await requests.getByRole('link', { name: /Ada/ }).click();
  await shows(bobs, ['Hello, Bob']);
  await bobs.getByTestId('request-bar').waitFor();
  assert.equal(await bobs.getByTestId('composer').isVisible(), false);
  await assertAccessible(bobs);
  assert.equal((await bob.conversations())[0].request, true);

  await bobs.getByTestId('request-bar').getByRole('button', { name: 'Accept' }).press('Enter');
  await bobs.getByTestId('composer').and(bobs.locator(':focus')).waitFor();
  await conversations(bobs).getByRole('link', { name: 'Chat with Ada' }).waitFor();
  await say(bobs, 'Hello, Ada');
  for (const page of [adas, bobs]) {
    await shows(page, ['Hello, Bob', 'Hello, Ada']);
    await page.reload();
    await shows(page, ['Hello, Bob', 'Hello, Ada']);
    assertCalm(page);
    await page.context().close();
  }
});

test('a user name that is nobody’s is told, and nothing else happens', PATIENCE, async () => {
  const page = await enterAs(browser, server.url, await Person.arrive(server.url, 'Guest'));
  await openChat(page, 'nobody-at-all');
  await page.getByTestId('direct-form').getByRole('alert').filter({ hasText: /\S/ }).waitFor();
  await assertAccessible(page);
  await page.keyboard.press('Escape');
  await page.getByTestId('new-chat').waitFor({ state: 'detached' });
  assert.equal(await page.evaluate(() => document.activeElement.dataset.testid), 'new-chat-button');
  assertCalm(page, NOT_FOUND);
  await page.context().close();
});

test('a stranger is blocked from the list of requests, and let in again from the account', PATIENCE, async () => {
  const [eve, kim] = [await Person.signUp(server.url, 'Eve', 'eve'), await Person.signUp(server.url, 'Kim', 'kim')];
  const page = await enterAs(browser, server.url, kim);
  const { id } = await eve.openDirect('kim');
  await eve.say(id, 'Buy this');
  await page.getByTestId('requests').getByRole('button', { name: 'Block Eve' }).click();
  await page.getByTestId('requests').waitFor({ state: 'hidden' });
  await eve.say(id, 'And that');
  const known = page.waitForResponse('**/v1/blocks*');
  await page.reload();
  await page.getByTestId('me').waitFor();
  // Neither before it is known who is blocked, nor afterwards.
  assert.equal(await page.getByTestId('requests').isVisible(), false);
  await (await known).finished();
  assert.equal(await page.getByTestId('requests').isVisible(), false);
  assert.equal(await page.title(), 'Chinwag');

  await page.getByTestId('me').click();
  await page.getByText('Blocked accounts').click();
  const blocked = page.getByTestId('blocked');
  await blocked.getByText('Eve').waitFor();
  await assertAccessible(page);
  await blocked.getByRole('button', { name: 'Unblock Eve' }).click();
  await blocked.getByText('You block nobody.').waitFor();
  await page.keyboard.press('Escape');
  await page.getByTestId('requests').getByRole('link', { name: /Eve/ }).click();
  // What was written under the block stays away.
  await shows(page, ['Buy this']);
  assertCalm(page);
  await page.context().close();
});

test('one’s own notes have a chat, too', PATIENCE, async () => {
  const lea = await Person.arrive(server.url, 'Lea');
  const page = await enterAs(browser, server.url, lea, PHONE);
  await page.getByTestId('new-chat-button').click();
  await page.getByText('With nobody else').click();
  await page.getByRole('button', { name: 'Notes to yourself' }).click();
  await page.locator('.room.loaded').waitFor();
  assert.equal(await page.getByTestId('room-title').innerText(), 'Notes to yourself');
  await page.getByTestId('composer').fill('milk');
  await page.getByTestId('send').click();
  await shows(page, ['milk']);
  await page.getByRole('button', { name: 'Show conversations' }).click();
  await conversations(page).getByRole('link', { name: 'Notes to yourself' }).waitFor();
  await assertAccessible(page);
  assertCalm(page);
  await page.context().close();
});

test('who has another name is called by it in the list, and what they write is counted', PATIENCE, async () => {
  const [mia, ned] = [await Person.signUp(server.url, 'Mia', 'mia'), await Person.signUp(server.url, 'Ned', 'ned')];
  const { id } = await mia.openDirect('ned');
  await mia.say(id, 'one');
  await ned.openDirect('mia');
  const page = await enterAs(browser, server.url, ned);
  await mia.rename('Mia the Great');
  await mia.say(id, 'two');
  const link = conversations(page).getByRole('link', { name: 'Chat with Mia the Great 1 unread' });
  await link.waitFor();
  await eventually(async () => assert.equal(await page.title(), '(1) Chinwag'));
  await link.click();
  await shows(page, ['one', 'two']);
  await message(page, 'two').waitFor();
  await eventually(async () => assert.equal(await page.title(), 'Mia the Great · Chinwag'));
  assertCalm(page);
  await page.context().close();
});

test('a request that one device accepts is none on the other', PATIENCE, async () => {
  const [pat, joe] = [await Person.signUp(server.url, 'Pat', 'pat'), await Person.signUp(server.url, 'Joe', 'joe')];
  const { id } = await pat.openDirect('joe');
  await pat.say(id, 'hello');
  const [laptop, phone] = [await enterAs(browser, server.url, joe), await enterAs(browser, server.url, joe, PHONE)];
  await phone.getByTestId('requests').getByRole('link', { name: /Pat/ }).click();
  await phone.getByTestId('request-bar').waitFor();
  await laptop.getByRole('button', { name: 'Accept Pat' }).click();
  for (const page of [laptop, phone]) await page.getByTestId('requests').waitFor({ state: 'hidden' });
  await phone.getByTestId('request-bar').waitFor({ state: 'hidden' });
  await phone.getByTestId('composer').fill('hello, Pat');
  await phone.getByTestId('send').click();
  await shows(phone, ['hello', 'hello, Pat']);
  for (const page of [laptop, phone]) {
    assertCalm(page);
    await page.context().close();
  }
});

test('who writes to a stranger is told when they must wait for an answer', PATIENCE, async () => {
  const max = await Person.arrive(server.url, 'Max');
  await Person.signUp(server.url, 'Ivy', 'ivy');
  const page = await enterAs(browser, server.url, max);
  await openChat(page, 'ivy');
  await page.locator('.room.loaded').waitFor();
  const texts = ['one', 'two', 'three', 'four', 'five'];
  for (const text of texts) await say(page, text);
  await shows(page, texts);
  await say(page, 'six');
  const refused = page.locator('[data-testid=message][data-state=failed]');
  await refused.getByText(/Wait until they accept or answer/).waitFor();
  await assertAccessible(page);
  assertCalm(page, /status of 429 /);
  await page.context().close();
});
