// People look for a room among those that everybody finds: on the page, in a real browser.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, newDevice } from '../harness/browser.mjs';
import { Person } from '../harness/person.mjs';
import { Server } from '../harness/server.mjs';
import { assertAccessible } from './accessible.mjs';
import { assertCalm, conversations, enterAs, eventually, fill, say, shows } from './room.mjs';

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

const PHONE = { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true };
const rooms = (page) => page.getByTestId('rooms');
const state = (page, text) => page.getByTestId('rooms-state').getByText(text, { exact: true }).waitFor();
const names = (page) => rooms(page).locator('strong').allInnerTexts();
const shown = (page, wanted) => eventually(async () => assert.deepEqual(await names(page), wanted));

/** A room that everybody finds, and who made it. */
async function listed(slug, settings = {}) {
  const owner = await Person.arrive(server.url, 'Owner');
  const { id } = await owner.open(slug);
  await owner.change(id, { listed: true, ...settings });
  return { owner, id };
}

/** Somebody who is signed in goes to the list. */
async function look(options) {
  const page = await enterAs(browser, server.url, await Person.arrive(server.url, 'Bob'), options);
  await page.getByRole('link', { name: 'Public rooms' }).click();
  await page.getByRole('heading', { name: 'Public rooms' }).waitFor();
  return page;
}

// The first: no other test has made a room yet.
test('the list is empty, and a room that is opened there stands in it for everybody', PATIENCE, async () => {
  const page = await look();
  await state(page, 'No room is public yet. Whoever opens one can show it here.');
  await assertAccessible(page);
  await page.getByText('Open a new room').click();
  await fill(page, 'room-form', { slug: '?' });
  await page.getByRole('alert').filter({ hasText: /^Use up to 64 letters/ }).waitFor();
  await assertAccessible(page);
  await fill(page, 'room-form', { slug: 'Five o clock' });
  await page.locator('.room.loaded').waitFor();
  assert.equal(await page.getByTestId('room-title').innerText(), 'Five-o-clock');
  await say(page, 'tea is ready');
  await shows(page, ['tea is ready']);
  await page.goBack();
  await state(page, '1 room');
  await rooms(page).getByRole('link', { name: 'Five-o-clock 1 member · you are in it' }).waitFor();

  const visitor = await newDevice(browser, PHONE);
  await visitor.goto(server.url);
  await visitor.getByRole('link', { name: 'Public rooms' }).tap();
  await visitor.getByTestId('name-input').fill('Eve');
  await assertAccessible(visitor);
  await visitor.getByTestId('start').tap();
  await rooms(visitor).getByRole('link', { name: 'Five-o-clock 1 member' }).tap();
  await shows(visitor, ['tea is ready']);
  for (const each of [page, visitor]) {
    assertCalm(each);
    await each.context().close();
  }
});

test('a room that its owner does not show is opened by its name alone, and shown when its owner wants it', PATIENCE, async () => {
  const page = await look();
  await page.getByText('Open a new room').click();
  await page.getByTestId('room-form').getByLabel('Everybody finds it in this list').uncheck();
  await fill(page, 'room-form', { slug: 'attic' });
  await page.locator('.room.loaded').waitFor();
  await page.goBack();
  await page.getByTestId('find-room').fill('attic');
  await state(page, 'No public room has “attic” in its name or topic.');
  await assertAccessible(page);
  await page.getByTestId('open-typed').click();
  await page.locator('.room.loaded').waitFor();
  assert.equal(await page.getByTestId('room-title').innerText(), 'attic');
  await page.getByTestId('details').click();
  await page.getByText('Settings', { exact: true }).click();
  await page.getByLabel('Everybody finds it in the list of public rooms').check();
  await page.getByTestId('settings-form').getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved.').waitFor();
  await page.keyboard.press('Escape');
  await page.getByTestId('event').getByText('You put the room on the list of public rooms').waitFor();
  await page.getByRole('link', { name: 'Public rooms' }).click();
  await rooms(page).getByRole('link', { name: /^attic/ }).waitFor();
  assertCalm(page);
  await page.context().close();
});

test('what is typed is looked for in name, address and topic, whatever its case and accents', PATIENCE, async () => {
  await listed('garden', { title: 'Jardín', topic: 'Beds and bees' });
  await listed('kitchen', { topic: 'What is on the stove' });
  const page = await look();
  const find = page.getByTestId('find-room');
  for (const [typed, wanted] of [
    ['JARDIN', ['Jardín']],
    ['gard', ['Jardín']],
    ['bees beds', ['Jardín']],
    ['stove', ['kitchen']],
    ['bees stove', []],
  ]) {
    await find.fill(typed);
    await shown(page, wanted);
  }
  await find.fill('stove');
  await state(page, '1 room found');
  await assertAccessible(page);
  await rooms(page).getByText('What is on the stove').click();
  await page.locator('.room.loaded').waitFor();
  await conversations(page).getByRole('link', { name: 'Room kitchen' }).waitFor();
  assertCalm(page);
  await page.context().close();
});

test('the keyboard alone finds a room and enters it', PATIENCE, async () => {
  await listed('harbour-east');
  await listed('harbour-west');
  const page = await look();
  await page.getByTestId('find-room').and(page.locator(':focus')).waitFor();
  await page.keyboard.type('harbour');
  await shown(page, ['harbour-east', 'harbour-west']);
  const focused = () => page.evaluate(() => document.activeElement.querySelector('strong')?.textContent ?? document.activeElement.id);
  for (const [key, place] of [
    ['ArrowDown', 'harbour-east'],
    ['ArrowDown', 'harbour-west'],
    ['ArrowDown', 'harbour-west'],
    ['ArrowUp', 'harbour-east'],
    ['ArrowUp', 'find-room'],
    ['Enter', 'harbour-east'],
    ['Tab', 'harbour-west'],
  ]) {
    await page.keyboard.press(key);
    assert.equal(await focused(), place);
  }
  await page.keyboard.press('Enter');
  await page.locator('.room.loaded').waitFor();
  assert.equal(await page.getByTestId('room-title').innerText(), 'harbour-west');
  await page.getByTestId('composer').and(page.locator(':focus')).waitFor();
  assertCalm(page);
  await page.context().close();
});

test('a list that does not come says so, and is asked for again', PATIENCE, async () => {
  await listed('lighthouse');
  const page = await enterAs(browser, server.url, await Person.arrive(server.url, 'Bob'));
  await page.route('**/v1/rooms?*', (route) => route.abort());
  await page.getByRole('link', { name: 'Public rooms' }).click();
  await page.getByText('The server could not be reached.').waitFor();
  await assertAccessible(page);
  await page.unroute('**/v1/rooms?*');
  await page.getByRole('button', { name: 'Try again' }).click();
  await rooms(page).getByRole('link', { name: /^lighthouse/ }).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Try again' }).isVisible(), false);
  assertCalm(page, /ERR_FAILED/);
  await page.context().close();
});

test('offline the list says that it waits, and comes by itself', PATIENCE, async () => {
  await listed('island');
  const page = await enterAs(browser, server.url, await Person.arrive(server.url, 'Bob'), PHONE);
  await page.context().setOffline(true);
  await page.getByRole('link', { name: 'Public rooms' }).click();
  await state(page, 'You are offline. The list comes when you are back.');
  await page.context().setOffline(false);
  await rooms(page).getByRole('link', { name: /^island/ }).waitFor();
  assertCalm(page, /ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED/);
  await page.context().close();
});

test('of very many rooms some are shown, and all are looked through', PATIENCE, async () => {
  const owners = await Promise.all(Array.from({ length: 5 }, (_, index) => Person.arrive(server.url, `Owner ${index}`)));
  await Promise.all(owners.map(async (owner, index) => {
    for (let number = 0; number < 44; number++) await owner.change((await owner.open(`many-${index}-${number}`)).id, { listed: true });
  }));
  await listed('zz-last', { topic: 'The very last' });
  const page = await look();
  await state(page, 'The first 200 rooms');
  assert.equal(await rooms(page).getByText('zz-last').count(), 0);
  await page.getByTestId('find-room').fill('very last');
  await shown(page, ['zz-last']);
  await page.getByTestId('find-room').fill('');
  await rooms(page).getByText('zz-last').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Show more' }).isVisible(), false);
  assertCalm(page);

  const other = await look(PHONE);
  await other.getByRole('button', { name: 'Show more' }).tap();
  await rooms(other).getByText('zz-last').waitFor();
  assertCalm(other);
  for (const each of [page, other]) await each.context().close();
});

test('names and topics stay text, and within a narrow phone', PATIENCE, async () => {
  const hostile = '<img src=x onerror=alert(1)>';
  await listed('w'.repeat(64), { title: `${hostile}${'W'.repeat(52)}`, topic: 'M'.repeat(300) });
  const page = await look({ ...PHONE, viewport: { width: 320, height: 640 } });
  page.on('dialog', () => page.complaints.push('a dialog'));
  await page.getByTestId('find-room').fill('onerror');
  await rooms(page).getByText(hostile).waitFor();
  assert.equal(await page.locator('img:not(.brand img)').count(), 0);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
  await assertAccessible(page);
  assertCalm(page);
  await page.context().close();
});
