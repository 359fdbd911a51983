// A link brings people into a group: on the page, in a real browser.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, newDevice } from '../harness/browser.mjs';
import { Person } from '../harness/person.mjs';
import { Server } from '../harness/server.mjs';
import { assertAccessible } from './accessible.mjs';
import { assertCalm, conversations, enterAs, eventually, say, shows } from './room.mjs';

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
const linkOf = ({ token }) => `${server.url}/#invite/${token}`;

/** A group of Ada's, and her page with the invitations open. */
async function withInvitations(options) {
  const ada = await Person.arrive(server.url, 'Ada');
  const { id } = await ada.createGroup('Crew');
  const page = await enterAs(browser, server.url, ada, options);
  await conversations(page).getByRole('link', { name: 'Group Crew' }).click();
  await page.getByTestId('details').click();
  await page.getByText('Invitations', { exact: true }).click();
  await page.getByText('No invitation is good now.').waitFor();
  return { ada, id, page };
}

/** Somebody new follows a link, and says who they are. */
async function follow(link, name, options) {
  const page = await newDevice(browser, options);
  await page.goto(link);
  await page.getByTestId('name-input').fill(name);
  await page.getByTestId('start').click();
  await page.getByTestId('invite').waitFor();
  return page;
}

const join = async (page) => {
  await page.getByTestId('join').click();
  await page.locator('.room.loaded').waitFor();
};

test('a link is made and copied, and who follows it picks a name and joins', PATIENCE, async () => {
  const { ada, page } = await withInvitations({ permissions: ['clipboard-read', 'clipboard-write'] });
  await page.getByLabel('Good for').selectOption('An hour');
  await page.getByLabel('For', { exact: true }).selectOption('One person');
  await page.getByRole('button', { name: 'Make a link' }).click();
  await page.getByTestId('invites').getByText(/^For one more, until /).waitFor();
  await page.getByTestId('invites').getByText(/^Made by you, /).waitFor();
  await page.getByRole('button', { name: 'Copy' }).click();
  await page.getByText('Copied.').waitFor();
  await assertAccessible(page);
  const link = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(link, await page.getByTestId('invite-link').inputValue());
  assert.match(link, new RegExp(`^${server.url}/#invite/[\\w-]+$`));

  const guest = await newDevice(browser, PHONE);
  const asked = [];
  guest.on('request', (request) => request.isNavigationRequest() && asked.push(request.url()));
  await guest.goto(link);
  await guest.getByTestId('name-input').waitFor();
  await assertAccessible(guest);
  await guest.getByTestId('name-input').fill('Bob');
  await guest.getByTestId('start').click();
  await guest.getByRole('heading', { name: 'Crew' }).waitFor();
  await guest.getByText('1 member').waitFor();
  await assertAccessible(guest);
  await join(guest);
  // The address of the page itself, which servers and proxies write down, has no token in it.
  assert.deepEqual(asked.map((url) => new URL(url).pathname + new URL(url).search), ['/']);
  await guest.getByTestId('composer').fill('here I am');
  await guest.getByTestId('send').click();
  await shows(guest, ['here I am']);
  // It was good for one, and the page sees that somebody came.
  await page.getByTestId('members').getByText('Bob').waitFor();
  const [{ id }] = await ada.conversations();
  assert.deepEqual(await ada.roles(id), { Ada: 'owner', Bob: 'member' });
  // Back does not lead to the link again.
  await guest.reload();
  await shows(guest, ['here I am']);

  const late = await follow(link, 'Eve');
  await late.getByRole('heading', { name: 'This link does not work' }).waitFor();
  assert.equal(await late.getByTestId('join').isVisible(), false);
  await assertAccessible(late);
  for (const each of [page, guest]) assertCalm(each);
  assertCalm(late, NOT_FOUND);
  for (const each of [page, guest, late]) await each.context().close();
});

test('a revoked link is good for nobody', PATIENCE, async () => {
  const { ada, id, page } = await withInvitations(PHONE);
  const link = linkOf(await ada.createInvite(id, { uses: 5 }));
  // Made elsewhere, it shows here at once.
  await page.getByTestId('invites').getByText('For 5 more, without an end').waitFor();
  await assertAccessible(page);
  await page.getByRole('button', { name: /^Revoke: For 5 more/ }).click();
  await page.getByText('No invitation is good now.').waitFor();
  const late = await follow(link, 'Eve');
  await late.getByRole('heading', { name: 'This link does not work' }).waitFor();
  assertCalm(page);
  assertCalm(late, NOT_FOUND);
  for (const each of [page, late]) await each.context().close();
});

test('who is signed in joins with one press, and a member comes back by the link', PATIENCE, async () => {
  const ada = await Person.arrive(server.url, 'Ada');
  const { id } = await ada.createGroup('Night watch');
  const link = linkOf(await ada.createInvite(id, {}));
  const bob = await Person.arrive(server.url, 'Bob');
  const page = await enterAs(browser, server.url, bob);
  await page.goto(link);
  await page.getByRole('heading', { name: 'Night watch' }).waitFor();
  // The button has the focus.
  await eventually(async () => assert.equal(await page.evaluate(() => document.activeElement.dataset.testid), 'join'));
  await page.keyboard.press('Enter');
  await page.locator('.room.loaded').waitFor();
  await say(page, 'on duty');
  await shows(page, ['on duty']);
  await page.goto(link);
  await join(page);
  await shows(page, ['on duty']);
  assertCalm(page);
  await page.context().close();
});

test('a member who may not invite is not offered it', PATIENCE, async () => {
  const [ada, bob] = [await Person.arrive(server.url, 'Ada'), await Person.arrive(server.url, 'Bob')];
  const { id } = await ada.createGroup('Crew');
  await ada.addMembers(id, [bob.account.id]);
  const page = await enterAs(browser, server.url, bob);
  await conversations(page).getByRole('link', { name: 'Group Crew' }).click();
  await page.getByTestId('details').click();
  await page.getByTestId('members').getByText('Ada').waitFor();
  assert.equal(await page.getByText('Invitations', { exact: true }).count(), 0);
  await ada.setRole(id, bob.account.id, 'admin');
  await page.getByText('Invitations', { exact: true }).waitFor();
  assertCalm(page);
  await page.context().close();
});
