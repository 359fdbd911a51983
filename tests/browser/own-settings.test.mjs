// What somebody sets for themselves in a conversation, and what they have begun to write there, alike on all their devices: on the
// page, in a real browser.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { launch } from '../harness/browser.mjs';
import { Person } from '../harness/person.mjs';
import { Server } from '../harness/server.mjs';
import { assertAccessible } from './accessible.mjs';
import { ask, assertCalm, conversations, enterAs, eventually, fill, say, shows } from './room.mjs';

const PATIENCE = { timeout: 120_000 };
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

let people = 0;

/** Ada, who is in two groups, and whoever signs in as her once more. */
async function ada() {
  const username = `ada${++people}`;
  const person = await Person.signUp(server.url, 'Ada', username);
  const groups = {};
  for (const title of ['Crew', 'Family']) {
    groups[title] = (await person.createGroup(title)).id;
    await person.say(groups[title], `welcome to ${title}`);
  }
  const another = async () => {
    const answer = await fetch(`${server.url}/v1/sessions`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ username, password: PASSWORD, device_name: 'Another' }),
    });
    assert.equal(answer.status, 201);
    return answer.json();
  };
  return { person, groups, another };
}

async function open(person, id, options = {}) {
  const page = await enterAs(browser, server.url, person, options);
  await page.goto(`${server.url}/#chat/${id}`);
  await page.locator('.room.loaded').waitFor();
  return page;
}

const home = (person, options = {}) => enterAs(browser, server.url, person, options);

async function leave(pages, ...expected) {
  for (const page of pages) {
    assertCalm(page, ...expected);
    await page.context().close();
  }
}

const write = (person, id, text) =>
  ask(server.url, person, 'POST', `/v1/conversations/${id}/messages`, { client_id: randomUUID(), text });

const names = (page) => conversations(page).locator('.name').allInnerTexts();
const link = (page, name) => conversations(page).getByRole('link', { name });
const composer = (page) => page.getByTestId('composer');
const bar = (page) => page.getByTestId('draft-bar');

/** Takes something from the menu of a conversation in the list. */
async function choose(page, name, item) {
  const button = page.getByRole('button', { name: `Menu of ${name}` });
  await button.focus();
  await page.keyboard.press('Enter');
  await page.getByTestId('menu').getByRole('menuitem', { name: item, exact: true }).click();
}

test('what is pinned stands first, on all devices', PATIENCE, async () => {
  const { person, another } = await ada();
  const laptop = await home(person);
  const phone = await home(await another(), PHONE);
  await eventually(async () => assert.deepEqual(await names(laptop), ['Family', 'Crew']));
  await choose(laptop, 'Crew', 'Pin to the top');
  await laptop.getByRole('heading', { level: 1 }).click();
  for (const page of [laptop, phone]) {
    await link(page, 'Group Crew Pinned to the top').waitFor();
    await eventually(async () => assert.deepEqual(await names(page), ['Crew', 'Family']));
    await assertAccessible(page);
  }
  await phone.getByRole('button', { name: 'Menu of Crew' }).tap();
  await phone.getByTestId('menu').getByRole('menuitem', { name: 'Unpin from the top' }).tap();
  await eventually(async () => assert.equal(await laptop.getByLabel('Pinned to the top').count(), 0));
  await leave([laptop, phone]);
});

test('what is archived stands apart, and comes back', PATIENCE, async () => {
  const { person, groups, another } = await ada();
  const laptop = await home(person);
  const phone = await home(await another());
  await choose(laptop, 'Crew', 'Archive');
  for (const page of [laptop, phone]) await eventually(async () => assert.deepEqual(await names(page), ['Family']));
  await phone.getByText('Archived (1)').click();
  await phone.getByTestId('archive').getByRole('link', { name: 'Group Crew' }).waitFor();
  await assertAccessible(phone);
  const bob = await Person.arrive(server.url, 'Bob');
  await person.addMembers(groups.Crew, [bob.account.id]);
  await write(bob, groups.Crew, 'anybody?');
  await phone.getByText('Archived (1), 1 unread').waitFor();
  await choose(phone, 'Crew', 'Take out of the archive');
  for (const page of [laptop, phone]) await eventually(async () => assert.deepEqual((await names(page)).sort(), ['Crew', 'Family']));
  await leave([laptop, phone]);
});

test('what is muted says so, and is not told of', PATIENCE, async () => {
  const { person, groups, another } = await ada();
  const laptop = await home(person);
  const phone = await home(await another());
  const bob = await Person.arrive(server.url, 'Bob');
  await person.addMembers(groups.Crew, [bob.account.id]);
  await choose(laptop, 'Crew', 'Mute for 1 hour');
  for (const page of [laptop, phone]) await conversations(page).getByRole('img', { name: /^Muted until / }).waitFor();
  await write(bob, groups.Crew, 'psst');
  for (const page of [laptop, phone]) {
    await link(page, 'Group Crew 1 unread').waitFor();
    assert.equal(await page.title(), 'Chinwag');
    await assertAccessible(page);
  }
  await choose(phone, 'Crew', 'Unmute');
  for (const page of [laptop, phone]) await eventually(async () => assert.equal(await page.title(), '(1) Chinwag'));
  await choose(phone, 'Crew', 'Mute until I say');
  for (const page of [laptop, phone]) await conversations(page).getByRole('img', { name: 'Muted', exact: true }).waitFor();
  await leave([laptop, phone]);
});

test('one’s own name, and of what one wants to be told', PATIENCE, async () => {
  const { person, groups, another } = await ada();
  const laptop = await open(person, groups.Crew);
  const phone = await open(await another(), groups.Crew, PHONE);
  await laptop.getByTestId('conversation-menu').click();
  await laptop.getByRole('menuitem', { name: 'Name and notices…' }).click();
  await assertAccessible(laptop);
  await laptop.getByLabel('Tell me').selectOption('mentions');
  await fill(laptop, 'own-settings-form', { name: 'The lot' });
  for (const page of [laptop, phone]) await eventually(async () => assert.equal(await page.getByTestId('room-title').innerText(), 'The lot'));
  await conversations(laptop).getByRole('img', { name: 'You are told only of what mentions you' }).waitFor();
  assert.equal(await laptop.evaluate(() => document.activeElement.dataset.testid), 'conversation-menu');
  // The others call it what they did.
  assert.equal((await person.conversations()).find(({ id }) => id === groups.Crew).title, 'Crew');
  await phone.getByTestId('conversation-menu').tap();
  await phone.getByRole('menuitem', { name: 'Name and notices…' }).tap();
  await fill(phone, 'own-settings-form', { name: '' });
  for (const page of [laptop, phone]) await eventually(async () => assert.equal(await page.getByTestId('room-title').innerText(), 'Crew'));
  await leave([laptop, phone]);
});

test('a refusal says why', PATIENCE, async () => {
  const { person } = await ada();
  const page = await home(person);
  await page.route('**/settings', (route) => route.fulfill({
    status: 403,
    contentType: 'application/problem+json',
    body: JSON.stringify({ status: 403, code: 'forbidden', detail: 'You may not do this now.' }),
  }));
  await choose(page, 'Crew', 'Archive');
  await page.getByRole('alert').getByText('You may not do this now.').waitFor();
  assert.deepEqual((await names(page)).sort(), ['Crew', 'Family']);
  await leave([page], /status of 403 /);
});

test('what is set while a device is offline is so when it comes back', PATIENCE, async () => {
  const { person, groups } = await ada();
  const page = await home(person);
  await link(page, 'Group Crew').waitFor();
  await page.context().setOffline(true);
  await page.getByText('You are offline').waitFor();
  await ask(server.url, person, 'PATCH', `/v1/conversations/${groups.Crew}/settings`, { pinned: true, name: 'The lot' });
  await page.context().setOffline(false);
  await link(page, 'Group The lot Pinned to the top').waitFor();
  await leave([page], OFFLINE);
});

test('a draft is kept, shown in the list, and offered to the other device, and both survive', PATIENCE, async () => {
  const { person, groups, another } = await ada();
  const laptop = await open(person, groups.Crew);
  const puts = [];
  laptop.on('websocket', (socket) => socket.on('framesent', ({ payload }) => String(payload).includes('put_draft') && puts.push(payload)));
  await laptop.reload();
  await laptop.locator('.room.loaded').waitFor();
  const phone = await open(await another(), groups.Crew, PHONE);
  await composer(laptop).pressSequentially('from the laptop', { delay: 200 });
  await bar(phone).getByText('from the laptop').waitFor();
  assert.ok(puts.length <= 4, JSON.stringify(puts));
  await assertAccessible(phone);
  await composer(phone).fill('from the phone');
  await bar(laptop).getByText('from the phone').waitFor();
  assert.equal(await composer(laptop).inputValue(), 'from the laptop');
  assert.equal(await composer(phone).inputValue(), 'from the phone');
  await laptop.goto(`${server.url}/#chat/${groups.Family}`);
  await link(laptop, 'Group Crew Draft: from the laptop').waitFor();
  await assertAccessible(laptop);
  await laptop.reload();
  await link(laptop, 'Group Crew Draft: from the laptop').click();
  await eventually(async () => assert.equal(await composer(laptop).inputValue(), 'from the laptop'));
  // Taken over: both texts are here, and nowhere else.
  await bar(laptop).getByRole('button', { name: 'Take it' }).click();
  assert.equal(await composer(laptop).inputValue(), 'from the laptop\nfrom the phone');
  await bar(laptop).waitFor({ state: 'hidden' });
  await eventually(async () => assert.equal(await composer(phone).inputValue(), ''));
  await bar(phone).getByText('from the laptop').waitFor();
  // Sent: there is nothing more to be offered.
  await composer(laptop).press('Enter');
  await bar(phone).waitFor({ state: 'hidden' });
  await eventually(async () => assert.match(await phone.getByTestId('message').last().innerText(), /from the laptop\s+from the phone/));
  await leave([laptop, phone]);
});

test('a draft of another device is thrown away', PATIENCE, async () => {
  const { person, groups, another } = await ada();
  const laptop = await open(person, groups.Crew);
  await composer(laptop).fill('never mind');
  const phone = await open(await another(), groups.Crew);
  await bar(phone).getByText('never mind').waitFor();
  // By keyboard alone.
  await bar(phone).getByRole('button', { name: 'Discard' }).focus();
  await phone.keyboard.press('Enter');
  await bar(phone).waitFor({ state: 'hidden' });
  await eventually(async () => assert.equal(await composer(laptop).inputValue(), ''));
  assert.equal(await composer(phone).inputValue(), '');
  await leave([laptop, phone]);
});

test('what is begun offline on two devices is there on both afterwards', PATIENCE, async () => {
  const { person, groups, another } = await ada();
  const pages = [await open(person, groups.Crew), await open(await another(), groups.Crew)];
  for (const page of pages) await page.context().setOffline(true);
  await composer(pages[0]).fill('one');
  await composer(pages[1]).fill('two');
  for (const page of pages) await page.getByText('You are offline').waitFor();
  for (const page of pages) await page.context().setOffline(false);
  await bar(pages[0]).getByText('two').waitFor();
  await bar(pages[1]).getByText('one').waitFor();
  assert.equal(await composer(pages[0]).inputValue(), 'one');
  assert.equal(await composer(pages[1]).inputValue(), 'two');
  await leave(pages, OFFLINE);
});

test('a message that is written at once leaves no draft behind', PATIENCE, async () => {
  const { person, groups, another } = await ada();
  const laptop = await open(person, groups.Crew);
  const phone = await open(await another(), groups.Crew);
  await say(laptop, 'quick');
  await shows(phone, ['welcome to Crew', 'quick']);
  await phone.waitForTimeout(3_000);
  assert.equal(await bar(phone).isVisible(), false);
  await leave([laptop, phone]);
});
