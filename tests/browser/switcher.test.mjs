// One browser is signed in as several people: on the page, in a real browser.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, newDevice, newTab } from '../harness/browser.mjs';
import { Person } from '../harness/person.mjs';
import { Server } from '../harness/server.mjs';
import { assertAccessible } from './accessible.mjs';
import { assertCalm, conversations, enterAs, eventually, fill, join, message, say, shows } from './room.mjs';

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

/** Whoever of the two is not shown yet is shown. */
async function be(page, name) {
  if (!(await page.getByTestId('me').innerText()).includes(name)) await changeTo(page, name);
}

/** What is kept in the browser, and what stands in the page, says nothing of an account. */
async function knowsNothingOf(page, { name, id }) {
  const kept = await page.evaluate(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.documentElement.outerHTML, document.title]));
  assert.ok(!kept.includes(name) && !kept.includes(id), kept);
  assert.ok(!JSON.stringify(await page.context().cookies()).includes(id));
}

const announced = (page, sentence) => page.locator('[aria-live=polite]').filter({ hasText: sentence }).waitFor();

/** Presses Tab until something has the focus. */
async function tabTo(page, target) {
  const focused = () => target.evaluateAll((nodes) => nodes.includes(document.activeElement));
  for (let presses = 0; !(await focused()); presses++) {
    assert.ok(presses < 60, 'Tab does not lead there');
    await page.keyboard.press('Tab');
  }
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
  // Ada has not seen what Bob wrote.
  assert.equal(await page.getByTestId('me').innerText(), 'B\nBob\n1');
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
    await announced(page, 'New messages in your other accounts');
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
  await be(page, 'Ida');
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
  await eventually(async () => assert.deepEqual((await others(page).locator('button .author').allInnerTexts()).sort(), ['Lea', 'Lea at work']));
  assert.equal(await others(page).locator('[aria-current=true] .author').innerText(), 'Nobody');
  await assertAccessible(page);
  assertCalm(page);
  await page.context().close();
});

test('one account is signed out and leaves nothing behind, and the others stay', PATIENCE, async () => {
  const [eva, max] = [await Person.signUp(server.url, 'Evangeline', 'eva'), await Person.signUp(server.url, 'Maximilian', 'max')];
  for (const person of [eva, max]) await person.open('stairs');
  const page = await enterAs(browser, server.url, [eva, max]);
  await be(page, 'Maximilian');
  await page.goto(`${address('stairs')}?transport=sse`);
  await page.locator('.room.loaded').waitFor();
  await page.getByTestId('composer').fill('a draft of Maximilian');
  await changeTo(page, 'Evangeline');
  const tab = await newTab(page.context());
  await tab.goto(server.url);
  await tab.getByTestId('me').filter({ hasText: 'Evangeline' }).waitFor();
  await conversations(page).getByRole('link', { name: 'Room stairs' }).click();
  await page.locator('.room.loaded').waitFor();
  // One message is on its way for ever, and one was never sent.
  await page.route('**/messages', (route) => route.abort());
  await say(page, 'never arrives');
  await message(page, 'never arrives').and(page.locator('[data-state=pending]')).waitFor();
  await page.getByTestId('composer').fill('a draft of Evangeline');
  await page.getByTestId('me').click();
  await page.getByTestId('sign-out-form').getByRole('button', { name: 'Sign out' }).click();
  for (const each of [page, tab]) await each.getByTestId('me').filter({ hasText: 'Maximilian' }).waitFor();
  await announced(page, 'You are Maximilian now');
  assert.equal(await page.evaluate(() => document.activeElement.dataset.testid), 'me');
  // The other tab was not asked.
  await tab.getByTestId('signed-out').getByText('Evangeline was signed out.').waitFor();
  await announced(tab, 'Evangeline was signed out');
  await tab.getByTestId('signed-out').getByRole('button', { name: 'Close' }).click();
  for (const each of [page, tab]) await eventually(() => knowsNothingOf(each, { name: 'Evangeline', id: eva.account.id }));
  await page.unroute('**/messages');
  await page.getByTestId('me').click();
  assert.equal(await others(page).getByRole('button').count(), 0);
  await page.keyboard.press('Escape');

  // Whoever goes back does not open, as somebody else, what was open.
  await page.goBack();
  await eventually(() => assert.equal(new URL(page.url()).pathname, '/'));
  await conversations(page).getByRole('link', { name: 'Room stairs' }).click();
  await page.locator('.room.loaded').waitFor();
  assert.equal(await page.getByTestId('composer').inputValue(), 'a draft of Maximilian');
  await say(page, 'still here');
  await shows(page, ['still here']);
  await page.reload();
  await page.locator('.room.loaded').waitFor();
  await knowsNothingOf(page, { name: 'Evangeline', id: eva.account.id });
  await page.getByTestId('me').click();
  await page.getByTestId('sign-out-form').getByRole('button', { name: 'Sign out' }).click();
  await page.getByTestId('have-account').waitFor();
  // The dialog goes with the next task of the browser.
  await eventually(() => knowsNothingOf(page, { name: 'Maximilian', id: max.account.id }));
  assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), []);
  assert.deepEqual(await page.context().cookies(), []);
  assertCalm(page, /ERR_FAILED/);
  assertCalm(tab, /status of 401 /);
  await page.context().close();
});

for (const transport of ['websocket', 'stream', 'longpoll', 'poll']) {
  test(`an account that was signed out elsewhere says so, and the other goes on: by ${transport}`, PATIENCE, async () => {
    const [eve, moe] = [await Person.signUp(server.url, 'Eve', `eve-${transport}`), await Person.signUp(server.url, 'Moe', `moe-${transport}`)];
    const [room, kim] = [`porch-${transport}`, await Person.arrive(server.url, 'Kim')];
    const { id } = await kim.open(room);
    for (const person of [eve, moe]) await person.open(room);
    const page = await enterAs(browser, server.url, [eve, moe], PHONE);
    await be(page, 'Eve');
    await page.goto(`${address(room)}?transport=${transport}`);
    await page.locator('.room.loaded').waitFor();
    await page.getByTestId('composer').fill('kept for Eve');
    const asked = [];
    await eve.signOut();
    await page.getByTestId('signed-out').getByText('Eve was signed out.').waitFor();
    await page.getByTestId('me').filter({ hasText: 'Moe' }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.dataset.testid), 'me');
    await announced(page, 'Eve was signed out');
    await assertAccessible(page);
    page.on('request', (request) => request.url().includes('/v1/events') && asked.push(request.url()));
    await conversations(page).getByRole('link', { name: `Room ${room}` }).tap();
    await kim.say(id, 'for whoever is there');
    await shows(page, ['for whoever is there']);
    assert.ok(asked.every((url) => !url.includes(eve.account.id)), asked.join(' '));
    assert.equal(await page.getByTestId('composer').inputValue(), '');
    await page.getByTestId('signed-out').getByRole('button', { name: 'Close' }).tap();
    await page.getByTestId('signed-out').waitFor({ state: 'hidden' });

    // The last one, while the page is not there.
    await page.goto('about:blank');
    await moe.signOut();
    await page.goto(address(room));
    await page.getByTestId('name-input').waitFor();
    await page.getByTestId('signed-out').getByText('Moe was signed out.').waitFor();
    await page.reload();
    await page.getByTestId('name-input').waitFor();
    assert.equal(await page.getByTestId('signed-out').isVisible(), false);
    assertCalm(page, /status of 401 /);
    await page.context().close();
  });
}

test('everything is done with the keyboard, and the focus is never lost', PATIENCE, async () => {
  const una = await Person.signUp(server.url, 'Una', 'una');
  await Person.signUp(server.url, 'Vic', 'vic');
  const page = await enterAs(browser, server.url, [una]);
  const me = page.getByTestId('me');
  const focused = (name) => eventually(async () => {
    const label = await page.evaluate(() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent);
    assert.equal(label, name);
  });
  await tabTo(page, me);
  await page.keyboard.press('Enter');
  await tabTo(page, page.getByTestId('add-account-button'));
  await page.keyboard.press('Enter');
  await focused('Add an account');
  await tabTo(page, page.getByRole('button', { name: 'Back' }));
  await page.keyboard.press('Enter');
  await focused('Your account: Una');
  await page.keyboard.press('Enter');
  await tabTo(page, page.getByTestId('add-account-button'));
  await page.keyboard.press('Enter');
  await focused('Add an account');
  await tabTo(page, page.getByTestId('sign-in-form').locator('[name=username]'));
  await page.keyboard.type('vic');
  await page.keyboard.press('Tab');
  await page.keyboard.type('not the password');
  await page.keyboard.press('Enter');
  await page.getByTestId('sign-in-form').getByRole('alert').filter({ hasText: /\S/ }).waitFor();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Enter');
  await focused('Your account: Vic');
  await announced(page, 'You are Vic now');
  await page.keyboard.press('Enter');
  await tabTo(page, others(page).getByRole('button', { name: 'Change to Una' }));
  await page.keyboard.press('Enter');
  await focused('Your account: Una');
  await announced(page, 'You are Una now');
  await page.keyboard.press('Enter');
  await tabTo(page, page.getByTestId('sign-out-form').getByRole('button', { name: 'Sign out' }));
  await page.keyboard.press('Enter');
  await focused('Your account: Vic');
  await announced(page, 'You are Vic now');
  assertCalm(page, /status of 401 /);
  await page.context().close();
});

test('going back is as the account that was there, and joins nobody else to its rooms', PATIENCE, async () => {
  const [wim, xan] = [await Person.signUp(server.url, 'Wim', 'wim'), await Person.signUp(server.url, 'Xan', 'xan')];
  await wim.open('attic');
  const page = await enterAs(browser, server.url, [wim, xan]);
  await be(page, 'Wim');
  await conversations(page).getByRole('link', { name: 'Room attic' }).click();
  await page.locator('.room.loaded').waitFor();
  await changeTo(page, 'Xan');
  await page.goBack();
  await page.locator('.room.loaded').waitFor();
  assert.match(await page.getByTestId('me').innerText(), /Wim/);
  await page.goForward();
  await page.getByTestId('me').filter({ hasText: 'Xan' }).waitFor();
  assert.deepEqual(await xan.conversations(), []);
  assertCalm(page);
  await page.context().close();
});

test('another tab learns of an account that is added, and what comes twice changes no count', PATIENCE, async () => {
  const [yan, kim] = [await Person.signUp(server.url, 'Yan', 'yan'), await Person.arrive(server.url, 'Kim')];
  await Person.signUp(server.url, 'Zoe', 'zoe');
  const { id } = await kim.open('shed');
  await yan.open('shed');
  const page = await enterAs(browser, server.url, [yan]);
  const tab = await newTab(page.context());
  await tab.goto(server.url);
  await tab.getByTestId('me').waitFor();
  let letGo;
  const held = new Promise((resolve) => (letGo = resolve));
  const asked = new Promise((resolve) => page.route('**/v1/sync', async (route) => {
    resolve();
    await held;
    await route.continue();
  }));
  const added = add(page, undefined, 'sign-in-form', { username: 'zoe', password: PASSWORD });
  await asked;
  // It comes over the stream, and once more over the wider one, which begins before it.
  await yan.say(id, 'by another device');
  await kim.say(id, 'unread');
  await eventually(async () => assert.equal(await page.title(), '(1) Chinwag'));
  letGo();
  await added;
  await page.getByRole('button', { name: 'Your account: Zoe, 1 unread in your other accounts' }).waitFor();
  await kim.say(id, 'and one more');
  await page.getByRole('button', { name: 'Your account: Zoe, 2 unread in your other accounts' }).waitFor();
  await tab.getByTestId('me').click();
  await others(tab).getByRole('button', { name: 'Change to Zoe' }).waitFor();
  assert.match(await tab.getByTestId('me').innerText(), /Yan/);
  for (const each of [page, tab]) assertCalm(each);
  await page.context().close();
});

test('who is blocked by another account of the browser sees what they wrote, and the other does not', PATIENCE, async () => {
  const [uwe, pia] = [await Person.signUp(server.url, 'Uwe', 'uwe'), await Person.signUp(server.url, 'Pia', 'pia')];
  const { id } = await uwe.openDirect('pia');
  await pia.openDirect('uwe');
  await uwe.say(id, 'before');
  await pia.block(uwe.account.id);
  const page = await enterAs(browser, server.url, [uwe, pia]);
  await be(page, 'Uwe');
  await conversations(page).getByRole('link', { name: 'Chat with Pia' }).click();
  await say(page, 'after');
  await shows(page, ['before', 'after']);
  await changeTo(page, 'Pia');
  await conversations(page).getByRole('link', { name: 'Chat with Uwe' }).click();
  await shows(page, ['before']);
  assertCalm(page);
  await page.context().close();
});

test('who was signed in by the one cookie of before stays so', PATIENCE, async () => {
  const lou = await Person.signUp(server.url, 'Lou', 'lou');
  await lou.open('attic');
  const page = await newDevice(browser);
  const cookie = { name: 'chinwag', value: lou.token, url: server.url, httpOnly: true, sameSite: 'Lax' };
  await page.context().addCookies([cookie]);
  await page.goto(address('attic'));
  await page.getByTestId('me').filter({ hasText: 'Lou' }).waitFor();
  await say(page, 'still me');
  await shows(page, ['still me']);
  assert.deepEqual((await page.context().cookies()).map(({ name }) => name), [`chinwag-${lou.account.id}`]);
  assertCalm(page);
  await page.context().close();
});
