// A link of one's own leads others into a chat with oneself: on the page, in a real browser.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, newDevice } from '../harness/browser.mjs';
import { Person } from '../harness/person.mjs';
import { Server } from '../harness/server.mjs';
import { assertAccessible } from './accessible.mjs';
import { assertCalm, conversations, enterAs, eventually, fill, join, say, shows } from './room.mjs';

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
const linkOf = (username) => `${server.url}/#u/${username}`;

test('a guest gets a link with a user name, and copies it', PATIENCE, async () => {
  const page = await join(browser, `${server.url}/r/den`, 'Zoe', { permissions: ['clipboard-read', 'clipboard-write'] });
  await page.getByTestId('me').click();
  await page.getByTestId('registration-form').waitFor();
  assert.equal(await page.getByTestId('own-link').count(), 0);
  await fill(page, 'registration-form', { username: 'Zoe', 'new-password': 'a long way home' });
  assert.equal(await page.getByTestId('own-link').inputValue(), linkOf('zoe'));
  await page.getByRole('button', { name: 'Copy' }).click();
  await page.getByText('Copied.').waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), linkOf('zoe'));
  await assertAccessible(page);
  assertCalm(page);
  await page.context().close();
});

test('where the system can share, the link is shared, and whoever thinks better of it is told nothing', PATIENCE, async () => {
  const uma = await Person.signUp(server.url, 'Uma', 'uma');
  const page = await enterAs(browser, server.url, uma, PHONE);
  await page.addInitScript(() => {
    window.shared = [];
    navigator.share = async (what) => {
      window.shared.push(what);
      if (window.shared.length === 2) throw new DOMException('left', 'AbortError');
      if (window.shared.length === 3) throw new DOMException('This browser may not share.', 'NotAllowedError');
    };
  });
  await page.goto(`${server.url}/r/den`);
  await page.getByTestId('details').click();
  await page.getByRole('button', { name: 'Share' }).click();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Show conversations' }).click();
  await page.getByTestId('me').click();
  const share = page.getByRole('button', { name: 'Share' });
  const alert = page.getByRole('alert').filter({ hasText: 'This browser may not share.' });
  await share.click();
  await eventually(async () => assert.equal(await page.evaluate(() => window.shared.length), 2));
  assert.equal(await alert.count(), 0);
  await share.click();
  await alert.waitFor();
  await assertAccessible(page);
  assert.deepEqual(await page.evaluate(() => window.shared.map(({ url }) => url)), [
    `${server.url}/r/den`,
    linkOf('uma'),
    linkOf('uma'),
  ]);
  assertCalm(page);
  await page.context().close();
});

test('a visitor follows the link, picks a name and writes, and it comes as a request', PATIENCE, async () => {
  const adas = await enterAs(browser, server.url, await Person.signUp(server.url, 'Ada', 'ada'));
  const visitor = await newDevice(browser, PHONE);
  await visitor.goto(linkOf('ada'));
  await visitor.getByRole('heading', { name: '@ada' }).waitFor();
  await visitor.getByText(/comes to them as a request/).waitFor();
  await assertAccessible(visitor);
  await visitor.getByTestId('name-input').fill('Max');
  await visitor.getByTestId('start').tap();
  await visitor.locator('.room.loaded').waitFor();
  assert.equal(await visitor.getByTestId('room-title').innerText(), 'Ada');
  await visitor.getByText(/comes to them as a request/).waitFor();
  // Coming by the link has told nobody anything.
  assert.equal(await adas.getByTestId('requests').isVisible(), false);
  await visitor.getByTestId('composer').fill('I saw your link');
  await visitor.getByTestId('send').tap();
  await shows(visitor, ['I saw your link']);
  await adas.getByTestId('requests').getByRole('link', { name: /Max/ }).waitFor();
  // Coming back to the page is coming back to the chat.
  await visitor.reload();
  await shows(visitor, ['I saw your link']);
  for (const page of [adas, visitor]) {
    assertCalm(page);
    await page.context().close();
  }
});

test('who is signed in is in the chat at once, and Back leads to where they were', PATIENCE, async () => {
  await Person.signUp(server.url, 'Ben', 'ben');
  const page = await join(browser, `${server.url}/r/hall`, 'Kim');
  await page.evaluate((link) => (location.href = link), linkOf('BEN'));
  await page.getByRole('heading', { name: 'Ben' }).waitFor();
  await page.locator('.room.loaded').waitFor();
  assert.match(page.url(), /\/#chat\//);
  await say(page, 'hello');
  await shows(page, ['hello']);
  await page.goBack();
  await page.getByRole('heading', { name: 'hall' }).waitFor();
  await conversations(page).getByRole('link', { name: 'Chat with Ben' }).waitFor();
  assertCalm(page);
  await page.context().close();
});

test('a user name that is nobody’s is told, and nothing else happens', PATIENCE, async () => {
  const guest = await Person.arrive(server.url, 'Guest');
  const page = await enterAs(browser, server.url, guest, { ...PHONE, viewport: { width: 320, height: 640 } });
  const names = ['nobody-at-all', '<img src=x onerror=alert(1)>', 'x'.repeat(200)];
  for (const name of names) {
    await page.goto(`${server.url}/#u/${encodeURIComponent(name)}`);
    await page.getByText(`Nobody has the user name ${name}.`).waitFor();
    await eventually(async () => assert.equal(await page.evaluate(() => document.activeElement.textContent), `@${name}`));
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
  }
  await assertAccessible(page);
  assert.equal(await page.locator('img:not(.brand img)').count(), 0);
  assert.deepEqual(await guest.conversations(), []);
  await page.getByRole('link', { name: 'To the start page' }).click();
  await page.getByText('Your conversations').waitFor();
  assertCalm(page, NOT_FOUND);
  await page.context().close();
});

test('one’s own link is not followed but offered', PATIENCE, async () => {
  const page = await enterAs(browser, server.url, await Person.signUp(server.url, 'Ivo', 'ivo'));
  await page.goto(linkOf('Ivo'));
  await page.getByRole('heading', { name: 'This is your link' }).waitFor();
  assert.equal(await page.getByTestId('own-link').inputValue(), linkOf('ivo'));
  await assertAccessible(page);
  assertCalm(page);
  await page.context().close();
});
