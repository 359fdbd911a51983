// Who is there, and who types: on the page, in a real browser.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from '../harness/browser.mjs';
import { Person } from '../harness/person.mjs';
import { Server } from '../harness/server.mjs';
import { assertAccessible } from './accessible.mjs';
import { ask, assertCalm, conversations, enterAs, eventually, join, message, say, shows } from './room.mjs';

const PATIENCE = { timeout: 120_000 };
const TRANSPORTS = ['websocket', 'sse', 'stream', 'longpoll', 'poll'];
const AWAY = /WebSocket connection to .* failed|ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET|status of 503/;

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

const presence = (page) => page.getByTestId('presence');
const typing = (page) => page.getByTestId('typing');
const composer = (page) => page.getByTestId('composer');

let pairs = 0;

/** Two who have talked with each other, and their chat. */
async function pair() {
  const number = ++pairs;
  const [ada, bob] = [await Person.signUp(server.url, 'Ada', `ada${number}`), await Person.signUp(server.url, 'Bob', `bob${number}`)];
  const { id } = await ada.openDirect(`bob${number}`);
  await ada.say(id, 'hello');
  await bob.openDirect(`ada${number}`);
  return { ada, bob, id };
}

async function open(person, id, query = '') {
  const page = await enterAs(browser, server.url, person);
  await page.goto(`${server.url}/${query}#chat/${id}`);
  await page.locator('.room.loaded').waitFor();
  return page;
}

for (const transport of TRANSPORTS) {
  test(`whether the other is there, and that they type: by ${transport}`, PATIENCE, async () => {
    const { ada, bob, id } = await pair();
    const page = await open(ada, id, `?transport=${transport}`);
    await presence(page).getByText('Offline', { exact: true }).waitFor();
    await assertAccessible(page);
    const bobs = await open(bob, id);
    await presence(page).getByText('Online', { exact: true }).waitFor();
    await presence(bobs).getByText('Online', { exact: true }).waitFor();
    await conversations(page).getByRole('img', { name: 'Online' }).waitFor();
    await assertAccessible(page);

    await composer(bobs).pressSequentially('hm', { delay: 50 });
    await typing(page).getByText('Bob is typing…').waitFor();
    await page.locator('[aria-live=polite]').filter({ hasText: 'Bob is typing' }).waitFor();
    // Oneself one does not see.
    assert.equal(await typing(bobs).innerText(), '');
    await composer(bobs).fill('');
    await eventually(async () => assert.equal(await typing(page).innerText(), ''));
    // It is not said again before.
    await bobs.waitForTimeout(3_100);
    await composer(bobs).pressSequentially('hm', { delay: 50 });
    await typing(page).getByText('Bob is typing…').waitFor();
    await composer(bobs).press('Enter');
    await shows(page, ['hello', 'hm']);
    await eventually(async () => assert.equal(await typing(page).innerText(), ''));

    await bobs.context().close();
    await presence(page).getByText(/^Last seen today, /).waitFor();
    await assertAccessible(page);
    assertCalm(page);
    await page.context().close();
  });
}

test('that somebody types is said no more often than is of use', PATIENCE, async () => {
  const { ada, bob, id } = await pair();
  const bobs = await open(bob, id, '?transport=sse');
  const said = [];
  bobs.on('request', (request) => request.url().endsWith('/typing') && said.push(request.postDataJSON().on));
  const page = await open(ada, id);
  await composer(bobs).pressSequentially('a sentence of forty letters, or some more', { delay: 100 });
  await typing(page).getByText('Bob is typing…').waitFor();
  assert.ok(said.length <= 3 && said.every((on) => on), JSON.stringify(said));
  // The next conversation, or another window, ends it.
  await bobs.getByTestId('details').focus();
  await eventually(async () => assert.equal(await typing(page).innerText(), ''));
  assert.equal(said.at(-1), false);
  for (const each of [page, bobs]) {
    assertCalm(each);
    await each.context().close();
  }
});

test('what is looked at is looked at again after the server was away', PATIENCE, async (context) => {
  const own = await Server.start();
  context.after(() => own.dispose());
  const [ada, bob] = [await Person.signUp(own.url, 'Ada', 'ada'), await Person.signUp(own.url, 'Bob', 'bob')];
  const { id } = await ada.openDirect('bob');
  await ada.say(id, 'hello');
  await bob.openDirect('ada');
  const pages = [];
  for (const person of [ada, bob]) {
    const page = await enterAs(browser, own.url, person);
    await page.goto(`${own.url}/#chat/${id}`);
    await page.locator('.room.loaded').waitFor();
    pages.push(page);
  }
  const [adas, bobs] = pages;
  await presence(adas).getByText('Online', { exact: true }).waitFor();
  await own.kill();
  await adas.getByTestId('connection').getByText('Reconnecting').waitFor();
  // Nothing is known now.
  await presence(adas).waitFor({ state: 'hidden' });
  await own.start();
  await presence(adas).getByText('Online', { exact: true }).waitFor();
  await composer(bobs).pressSequentially('back', { delay: 50 });
  await typing(adas).getByText('Bob is typing…').waitFor();
  for (const page of pages) {
    assertCalm(page, AWAY);
    await page.context().close();
  }
});

test('another way of reading is told what is looked at, too', PATIENCE, async () => {
  const { ada, bob, id } = await pair();
  const page = await open(ada, id, '?debug');
  for (const transport of ['sse', 'longpoll', 'stream', 'poll', 'websocket']) {
    await page.getByLabel('Transport to use').selectOption(transport);
    await page.getByTestId('transport').getByText(transport).waitFor();
    const bobs = await open(bob, id);
    await presence(page).getByText('Online', { exact: true }).waitFor();
    await composer(bobs).pressSequentially('x', { delay: 50 });
    await typing(page).getByText('Bob is typing…').waitFor();
    await bobs.context().close();
    await presence(page).getByText(/^Last seen/).waitFor();
  }
  assertCalm(page);
  await page.context().close();
});

test('whoever is invisible is as one who has gone, and sees the others', PATIENCE, async () => {
  const { ada, bob, id } = await pair();
  const [adas, bobs] = [await open(ada, id), await open(bob, id)];
  await presence(adas).getByText('Online', { exact: true }).waitFor();
  await bobs.getByTestId('me').click();
  const choice = bobs.getByTestId('visibility').getByLabel('Invisible');
  assert.equal(await choice.isChecked(), false);
  await choice.check();
  await assertAccessible(bobs);
  await bobs.keyboard.press('Escape');
  await presence(adas).getByText(/^Last seen today, /).waitFor();
  await presence(bobs).getByText('Online', { exact: true }).waitFor();
  await composer(bobs).pressSequentially('psst', { delay: 50 });
  await bobs.waitForTimeout(1_000);
  assert.equal(await typing(adas).innerText(), '');
  // It stays so, and every device knows it.
  await bobs.reload();
  const phone = await open(bob, id);
  for (const page of [bobs, phone]) {
    await page.getByTestId('me').click();
    await eventually(async () => assert.equal(await page.getByTestId('visibility').getByLabel('Invisible').isChecked(), true));
  }
  await presence(adas).getByText(/^Last seen today, /).waitFor();
  await phone.getByTestId('visibility').getByLabel('Invisible').uncheck();
  await presence(adas).getByText('Online', { exact: true }).waitFor();
  await eventually(async () => assert.equal(await bobs.getByTestId('visibility').getByLabel('Invisible').isChecked(), false));
  for (const page of [adas, bobs, phone]) {
    assertCalm(page);
    await page.context().close();
  }
});

test('in a group each member has a dot, and in a room there is a number and who is here', PATIENCE, async () => {
  const [ada, bob, eve] = [await Person.arrive(server.url, 'Ada'), await Person.arrive(server.url, 'Bob'), await Person.arrive(server.url, 'Eve')];
  const { id } = await ada.createGroup('Crew');
  await ada.addMembers(id, [bob.account.id, eve.account.id]);
  const page = await open(ada, id);
  await page.getByTestId('details').click();
  const members = page.getByTestId('members');
  const member = (name) => members.getByRole('listitem').filter({ hasText: name });
  await member('Bob').getByRole('img', { name: 'Offline' }).waitFor();
  const bobs = await open(bob, id);
  await member('Bob').getByRole('img', { name: 'Online' }).waitFor();
  await member('Eve').getByRole('img', { name: 'Offline' }).waitFor();
  await ask(server.url, bob, 'PUT', '/v1/presence', { status: 'away' });
  await member('Bob').getByRole('img', { name: 'Away' }).waitFor();
  await assertAccessible(page);
  assert.equal(await member('Ada').getByRole('img').count(), 0);
  await page.keyboard.press('Escape');
  await composer(bobs).pressSequentially('hm', { delay: 50 });
  await typing(page).getByText('Bob is typing…').waitFor();
  assert.equal(await presence(page).isVisible(), false);

  const kim = await join(browser, `${server.url}/r/here`, 'Kim');
  await presence(kim).getByText('1 here now').waitFor();
  const lea = await join(browser, `${server.url}/r/here`, 'Lea');
  for (const each of [kim, lea]) await presence(each).getByText('2 here now').waitFor();
  await eve.open('here');
  await kim.getByTestId('details').click();
  const guest = (name) => kim.getByTestId('members').getByRole('listitem').filter({ hasText: name });
  await guest('Lea').getByRole('img', { name: 'Online' }).waitFor();
  assert.equal(await guest('Eve').getByRole('img').count(), 0);
  await assertAccessible(kim);
  await lea.context().close();
  await presence(kim).getByText('1 here now').waitFor();
  await guest('Lea').getByRole('img').waitFor({ state: 'detached' });
  for (const each of [page, bobs, kim]) {
    assertCalm(each);
    await each.context().close();
  }
});

test('of two who type both are told, and of three that there are several', PATIENCE, async () => {
  const people = [];
  for (const name of ['Ada', 'Bob', 'Eve', 'Kim']) people.push(await Person.arrive(server.url, name));
  const [ada, ...others] = people;
  const { id } = await ada.createGroup('Crew');
  await ada.addMembers(id, others.map(({ account }) => account.id));
  const page = await open(ada, id);
  const pages = [];
  for (const other of others) pages.push(await open(other, id));
  await composer(pages[0]).pressSequentially('a', { delay: 50 });
  await typing(page).getByText('Bob is typing…').waitFor();
  await composer(pages[1]).pressSequentially('a', { delay: 50 });
  await typing(page).getByText(/^(Bob and Eve|Eve) (are|is) typing…$/).waitFor();
  for (const each of pages) await composer(each).pressSequentially('b', { delay: 50 });
  await eventually(async () => {
    for (const each of pages) await composer(each).press('c');
    assert.equal(await typing(page).innerText(), 'Several people are typing…');
  });
  const top = () => composer(page).evaluate((node) => node.getBoundingClientRect().top);
  const before = await top();
  await eventually(async () => assert.equal(await typing(page).innerText(), ''));
  assert.equal(await top(), before);
  for (const each of [page, ...pages]) {
    assertCalm(each);
    await each.context().close();
  }
});

test('one of several accounts looks, and the other learns nothing by it', PATIENCE, async () => {
  const { ada, bob, id } = await pair();
  const moe = await Person.signUp(server.url, 'Moe', 'moe');
  const page = await enterAs(browser, server.url, [ada, moe]);
  const be = async (name) => {
    if ((await page.getByTestId('me').innerText()).includes(name)) return;
    await page.getByTestId('me').click();
    await page.getByTestId('accounts').getByRole('button', { name: new RegExp(`^Change to ${name}`) }).click();
    await page.getByTestId('me').filter({ hasText: name }).waitFor();
  };
  await be('Ada');
  const bobs = await open(bob, id);
  await conversations(page).getByRole('link', { name: 'Chat with Bob' }).click();
  await presence(page).getByText('Online', { exact: true }).waitFor();
  await message(page, 'hello').waitFor();
  await be('Moe');
  assert.equal(await conversations(page).getByRole('img', { name: 'Online' }).count(), 0);
  assert.match(await page.getByTestId('me').innerText(), /Moe/);
  await be('Ada');
  await conversations(page).getByRole('img', { name: 'Online' }).waitFor();
  await say(bobs, 'still there?');
  await conversations(page).getByRole('link', { name: 'Chat with Bob 1 unread' }).waitFor();
  for (const each of [page, bobs]) {
    assertCalm(each);
    await each.context().close();
  }
});
