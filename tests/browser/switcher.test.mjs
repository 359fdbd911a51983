// One browser is signed in as several people: on the page, in a real browser.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, newTab } from '../harness/browser.mjs';
import { Person } from '../harness/person.mjs';
import { Server } from '../harness/server.mjs';
import { assertAccessible } from './accessible.mjs';
import { assertCalm, conversations, enterAs, eventually, fill, join, say, shows } from './room.mjs';

const PATIENCE = { timeout: 120_000 };
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

const PHONE = { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true };
const address = (room) => `${server.url}/r/${room}`;
const others = (page) => page.getByTestId('accounts');

async function add(page, way, form, fields) {
  await page.getByTestId('me').click();
  await page.getByTestId('add-account-button').click();
  await page.getByTestId('add-account').waitFor();
  if (way) await page.getByText(way, { exact: true }).click();
  await fill(page, form, fields);
  await page.getByText('Your conversations').waitFor();
}

async function changeTo(page, name) {
  await page.getByTestId('me').click();
  await others(page).getByRole('button', { name: new RegExp(`^Change to ${name}`) }).click();
  await page.getByTestId('me').filter({ hasText: name }).waitFor();
}

test('a second account is added, and nothing of one is seen as the other', PATIENCE, async () => {
  await Person.signUp(server.url, 'Bob', 'bob');
  const page = await join(browser, address('den'), 'Ada');
  await say(page, 'I am Ada');
  await shows(page, ['I am Ada']);
  await page.getByTestId('composer').fill('not yet said by Ada');
  await page.getByTestId('me').click();
  await page.getByTestId('add-account-button').click();
  await page.getByTestId('add-account').waitFor();
  await assertAccessible(page);
  await page.getByRole('button', { name: 'Back' }).click();
  await page.locator('.room.loaded').waitFor();
  await add(page, undefined, 'sign-in-form', { username: 'bob', password: PASSWORD });
  assert.equal(await page.getByTestId('me').innerText(), 'B\nBob');
  assert.equal(await conversations(page).getByRole('link').count(), 0);

  await page.getByLabel('Pick a room name').fill('den');
  await page.getByRole('button', { name: 'Open the room' }).click();
  await shows(page, ['I am Ada']);
  assert.equal(await page.locator('.message.own').count(), 0);
  assert.equal(await page.getByTestId('composer').inputValue(), '');
  await say(page, 'I am Bob');
  await shows(page, ['I am Ada', 'I am Bob']);
  await page.reload();
  await page.locator('.room.loaded').waitFor();
  assert.equal(await page.getByTestId('me').innerText(), 'B\nBob');
  assert.equal(await page.locator('.message.own').count(), 1);

  await page.getByTestId('me').click();
  await others(page).getByRole('button', { name: /^Change to Ada/ }).waitFor();
  await assertAccessible(page);
  await page.keyboard.press('Escape');
  await changeTo(page, 'Ada');
  await conversations(page).getByRole('link', { name: 'Room den' }).click();
  await shows(page, ['I am Ada', 'I am Bob']);
  assert.equal(await page.locator('.message.own .text').innerText(), 'I am Ada');
  assert.equal(await page.getByTestId('composer').inputValue(), 'not yet said by Ada');
  assertCalm(page);
  await page.context().close();
});

for (const transport of ['websocket', 'sse', 'longpoll']) {
  test(`one stream tells all of them, and what waits elsewhere is counted: by ${transport}`, PATIENCE, async () => {
    const names = { adam: `adam-${transport}`, bert: `bert-${transport}` };
    const [adam, bert] = [await Person.signUp(server.url, 'Adam', names.adam), await Person.signUp(server.url, 'Bert', names.bert)];
    const kim = await Person.arrive(server.url, 'Kim');
    const { id: toAdam } = await kim.openDirect(names.adam);
    const { id: toBert } = await kim.openDirect(names.bert);
    await adam.openDirect(names.adam);
    for (const [person, chat] of [[adam, toAdam], [bert, toBert]]) {
      await kim.say(chat, 'hello');
      await person.say(chat, 'hello, Kim');
    }
    const page = await enterAs(browser, server.url, [adam, bert], PHONE);
    const streams = [];
    page.on('websocket', (socket) => streams.push(socket.url()));
    page.on('request', (request) => request.url().includes('/v1/events') && streams.push(request.url()));
    await page.goto(`${server.url}/?transport=${transport}`);
    await page.getByTestId('me').waitFor();
    const shown = (await page.getByTestId('me').innerText()).includes('Adam') ? 'Adam' : 'Bert';
    const [here, there, other] = shown === 'Adam' ? [toAdam, toBert, 'Bert'] : [toBert, toAdam, 'Adam'];
    await eventually(() => assert.ok(streams.length > 0));
    await kim.say(here, 'for the one who is shown');
    await conversations(page).getByRole('link', { name: 'Chat with Kim 1 unread' }).waitFor();
    for (const text of ['one', 'two']) await kim.say(there, text);
    await page.getByRole('button', { name: `Your account: ${shown}, 2 unread in your other accounts` }).waitFor();
    await eventually(async () => assert.equal(await page.title(), '(3) Chinwag'));
    await page.getByTestId('me').tap();
    await others(page).getByLabel('2 unread').waitFor();
    await assertAccessible(page);
    await others(page).getByRole('button', { name: new RegExp(`^Change to ${other}`) }).tap();
    await conversations(page).getByRole('link', { name: 'Chat with Kim 2 unread' }).tap();
    await page.getByText('two', { exact: true }).waitFor();
    assert.equal(await page.getByText('for the one who is shown').count(), 0);
    await eventually(async () => assert.equal(await page.title(), '(1) Kim · Chinwag'));
    // Each stream reads for both.
    assert.ok(streams.every((url) => url.includes(`${adam.account.id}`) && url.includes(`${bert.account.id}`)), streams.join(' '));
    assertCalm(page);
    await page.context().close();
  });
}

test('what was written before the change is sent as whom it was written', PATIENCE, async () => {
  const [ida, jon] = [await Person.signUp(server.url, 'Ida', 'ida'), await Person.signUp(server.url, 'Jon', 'jon')];
  for (const person of [ida, jon]) await person.open('hall');
  const page = await enterAs(browser, server.url, [ida, jon]);
  if (!(await page.getByTestId('me').innerText()).includes('Ida')) await changeTo(page, 'Ida');
  await page.goto(`${address('hall')}?transport=sse`);
  await page.locator('.room.loaded').waitFor();
  let letGo;
  const held = new Promise((resolve) => (letGo = resolve));
  await page.route('**/messages', async (route) => {
    await held;
    await route.continue();
  });
  await say(page, 'by Ida');
  await changeTo(page, 'Jon');
  await conversations(page).getByRole('link', { name: 'Room hall' }).click();
  await page.locator('.room.loaded').waitFor();
  assert.equal(await page.getByTestId('message').count(), 0);
  await say(page, 'by Jon');
  letGo();
  await eventually(async () => assert.deepEqual((await page.getByTestId('message').locator('.text').allInnerTexts()).sort(), ['by Ida', 'by Jon']));
  assert.equal(await page.locator('.message.own .text').innerText(), 'by Jon');
  assertCalm(page);
  await page.context().close();
});

test('new accounts are made beside the first, each with its own name', PATIENCE, async () => {
  const page = await join(browser, address('den'), 'Lea', PHONE);
  await page.getByRole('button', { name: 'Show conversations' }).tap();
  await add(page, 'Make a new account', 'sign-up-form', { name: 'Lea at work', username: 'lea.work', 'new-password': PASSWORD });
  assert.match(await page.getByTestId('me').innerText(), /Lea at work/);
  await add(page, 'Be somebody else as a guest', 'guest-form', { name: 'Nobody' });
  assert.match(await page.getByTestId('me').innerText(), /Nobody/);
  await page.getByTestId('me').tap();
  await eventually(async () => assert.deepEqual((await others(page).locator('.author').allInnerTexts()).sort(), ['Lea', 'Lea at work']));
  await assertAccessible(page);
  assertCalm(page);
  await page.context().close();
});

test('one account is signed out, and the others stay', PATIENCE, async () => {
  const [eva, max] = [await Person.signUp(server.url, 'Eva', 'eva'), await Person.signUp(server.url, 'Max', 'max')];
  const page = await enterAs(browser, server.url, [eva, max]);
  const tab = await newTab(page.context());
  await tab.goto(server.url);
  await tab.getByTestId('me').waitFor();
  const shown = (await page.getByTestId('me').innerText()).includes('Eva') ? 'Eva' : 'Max';
  const left = shown === 'Eva' ? 'Max' : 'Eva';
  await page.getByTestId('me').click();
  await page.getByTestId('sign-out-form').getByRole('button', { name: 'Sign out' }).click();
  for (const each of [page, tab]) await each.getByTestId('me').filter({ hasText: left }).waitFor();
  await page.getByTestId('me').click();
  assert.equal(await others(page).getByRole('button').count(), 0);
  await page.keyboard.press('Escape');
  // Elsewhere, the last one.
  await (shown === 'Eva' ? max : eva).signOut();
  for (const each of [page, tab]) await each.getByTestId('have-account').waitFor();
  for (const each of [page, tab]) assertCalm(each, /status of 401 /);
  await page.context().close();
});

test('who is blocked by another account of the browser sees what they wrote, and the other does not', PATIENCE, async () => {
  const [uwe, pia] = [await Person.signUp(server.url, 'Uwe', 'uwe'), await Person.signUp(server.url, 'Pia', 'pia')];
  const { id } = await uwe.openDirect('pia');
  await pia.openDirect('uwe');
  await uwe.say(id, 'before');
  await pia.block(uwe.account.id);
  const page = await enterAs(browser, server.url, [uwe, pia]);
  if (!(await page.getByTestId('me').innerText()).includes('Uwe')) await changeTo(page, 'Uwe');
  await conversations(page).getByRole('link', { name: 'Chat with Pia' }).click();
  await say(page, 'after');
  await shows(page, ['before', 'after']);
  await changeTo(page, 'Pia');
  await conversations(page).getByRole('link', { name: 'Chat with Uwe' }).click();
  await shows(page, ['before']);
  assertCalm(page);
  await page.context().close();
});
