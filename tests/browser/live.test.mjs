// What others change in a conversation shows at once to whoever is reading it: on the page, in a real browser.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from '../harness/browser.mjs';
import { Person } from '../harness/person.mjs';
import { Server } from '../harness/server.mjs';
import { assertAccessible } from './accessible.mjs';
import { assertCalm, choose, conversations, enterAs, eventually, menuOf, message, say, shows } from './room.mjs';

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

const barrier = (page) => page.getByTestId('barrier');
const composer = (page) => page.getByTestId('composer');
const readOnly = (page) => composer(page).evaluate((field) => field.readOnly);
const heard = (page, sentence) => page.getByRole('status').filter({ hasText: sentence }).waitFor({ state: 'attached' });

async function read(page, name = 'Group Crew') {
  await conversations(page).getByRole('link', { name }).click();
  await page.locator('.room.loaded').waitFor();
  return page;
}

/** A group of Ada's, and the page of Bob, who is in it and reads it. */
async function crew({ prepare = () => {} } = {}) {
  const [ada, bob] = [await Person.arrive(server.url, 'Ada'), await Person.arrive(server.url, 'Bob')];
  const { id } = await ada.createGroup('Crew');
  await ada.addMembers(id, [bob.account.id]);
  const page = await enterAs(browser, server.url, bob);
  await prepare(page);
  return { ada, bob, id, page: await read(page) };
}

test('a conversation that is locked says so, and keeps the draft', PATIENCE, async () => {
  const { ada, id, page } = await crew();
  await composer(page).fill('not yet sent');
  await ada.change(id, { locked: true });
  await barrier(page).getByText('Locked: only moderators, admins and the owner can write now.').waitFor();
  assert.equal(await readOnly(page), true);
  assert.equal(await page.getByTestId('send').isDisabled(), true);
  await composer(page).press('Enter');
  assert.equal(await composer(page).inputValue(), 'not yet sent');
  await assertAccessible(page);
  await ada.change(id, { locked: false });
  await barrier(page).waitFor({ state: 'hidden' });
  await composer(page).press('Enter');
  await shows(page, ['not yet sent']);
  assertCalm(page);
  await page.context().close();
});

test('who reads only is told, and so is who may write again', PATIENCE, async () => {
  const { ada, bob, id, page } = await crew();
  await ada.setRole(id, bob.account.id, 'read_only');
  await barrier(page).getByText('You can read here, but not write.').waitFor();
  await heard(page, 'You can read here, but not write.');
  assert.equal(await readOnly(page), true);
  await page.reload();
  await barrier(page).getByText('You can read here, but not write.').waitFor();
  await ada.setRole(id, bob.account.id, 'member');
  await barrier(page).waitFor({ state: 'hidden' });
  await say(page, 'thank you');
  await shows(page, ['thank you']);
  assertCalm(page);
  await page.context().close();
});

test('who is muted sees for how long, also after a reload, and when it ends early', PATIENCE, async () => {
  const { ada, bob, id, page } = await crew();
  await ada.mute(id, bob.account.id, 300);
  await barrier(page).getByText(/^You are muted: you can write again in (299|300) s\.$/).waitFor();
  await page.reload();
  await barrier(page).getByText(/^You are muted: you can write again in \d+ s\.$/).waitFor();
  assert.equal(await readOnly(page), true);
  await assertAccessible(page);
  await ada.liftMute(id, bob.account.id);
  await barrier(page).waitFor({ state: 'hidden' });
  await say(page, 'finally');
  await shows(page, ['finally']);
  assertCalm(page);
  await page.context().close();
});

test('the slow mode counts down, and what is being written stays', PATIENCE, async () => {
  const { ada, id, page } = await crew({ prepare: (fresh) => fresh.clock.install() });
  await ada.change(id, { slow_mode_seconds: 30 });
  await page.getByTestId('event').getByText('Ada let members write once in 30 seconds').waitFor();
  await say(page, 'first');
  await shows(page, ['first']);
  await barrier(page).getByText(/^Slow mode: you can write again in (29|30) s\.$/).waitFor();
  await composer(page).fill('second');
  await composer(page).press('Enter');
  assert.equal(await composer(page).inputValue(), 'second');
  await assertAccessible(page);
  await page.clock.fastForward(10_000);
  await barrier(page).getByText(/in (19|20) s\.$/).waitFor();
  await page.clock.fastForward(20_000);
  await barrier(page).waitFor({ state: 'hidden' });
  assert.equal(await page.getByTestId('send').isDisabled(), false);
  // Who runs the group need not wait, nor does anybody once it has ended.
  await ada.change(id, { slow_mode_seconds: 0 });
  await page.getByTestId('event').getByText('Ada ended the slow mode').waitFor();
  await composer(page).press('Enter');
  await shows(page, ['first', 'second']);
  assertCalm(page);
  await page.context().close();
});

test('who comes, goes and is named otherwise stands between the messages, and is read out', PATIENCE, async () => {
  const { ada, bob, id, page } = await crew();
  const eve = await Person.arrive(server.url, 'Eve');
  await ada.say(id, 'before');
  await ada.addMembers(id, [eve.account.id]);
  await heard(page, 'Ada added Eve');
  await ada.say(id, 'between');
  await ada.setRole(id, bob.account.id, 'moderator');
  await ada.removeMember(id, eve.account.id);
  await ada.change(id, { title: 'Night watch' });
  await ada.say(id, 'after');
  await message(page, 'after').waitFor();
  const rows = await page.locator('[data-testid=message] .text, [data-testid=event]').allInnerTexts();
  assert.deepEqual(rows, [
    'Ada added you',
    'before',
    'Ada added Eve',
    'between',
    'You are now a moderator',
    'Ada removed Eve',
    'Ada changed the name to “Night watch”',
    'after',
  ]);
  await page.getByRole('heading', { name: 'Night watch' }).waitFor();
  await conversations(page).getByRole('link', { name: 'Group Night watch' }).waitFor();
  await assertAccessible(page);
  assertCalm(page);
  await page.context().close();
});

test('who is removed sees it, and reads on once they are added again', PATIENCE, async () => {
  const { ada, bob, id, page } = await crew();
  await ada.say(id, 'for you');
  await shows(page, ['for you']);
  await page.getByTestId('details').click();
  await ada.removeMember(id, bob.account.id);
  await page.getByRole('alert').filter({ hasText: 'You were removed from Crew.' }).waitFor();
  await page.getByTestId('conversation').waitFor({ state: 'detached' });
  assert.equal(await conversations(page).getByRole('link').count(), 0);
  assert.equal(await composer(page).isVisible(), false);
  assert.equal(await page.getByRole('button', { name: 'Open it again' }).isVisible(), false);
  assert.equal(await message(page, 'for you').isVisible(), false);
  await assertAccessible(page);
  await ada.addMembers(id, [bob.account.id]);
  await shows(page, ['for you']);
  await conversations(page).getByRole('link', { name: 'Group Crew' }).waitFor();
  await say(page, 'back');
  await shows(page, ['for you', 'back']);
  assertCalm(page);
  await page.context().close();
});

test('who is banned is told that it was a ban', PATIENCE, async () => {
  const { ada, bob, id, page } = await crew();
  await ada.ban(id, bob.account.id);
  await page.getByRole('alert').filter({ hasText: 'You were banned from Crew.' }).waitFor();
  assertCalm(page);
  await page.context().close();
});

test('a group that one is added to appears in the list, with what is said in it', PATIENCE, async () => {
  const [ada, bob] = [await Person.arrive(server.url, 'Ada'), await Person.arrive(server.url, 'Bob')];
  const page = await enterAs(browser, server.url, bob);
  const { id } = await ada.createGroup('Surprise');
  await ada.addMembers(id, [bob.account.id]);
  await conversations(page).getByRole('link', { name: 'Group Surprise' }).waitFor();
  await ada.say(id, 'hello');
  await conversations(page).getByRole('link', { name: 'Group Surprise 1 unread' }).click();
  await shows(page, ['hello']);
  assertCalm(page);
  await page.context().close();
});

test('who runs a group deletes what others wrote there', PATIENCE, async () => {
  const { ada, bob, id, page } = await crew();
  await ada.say(id, 'a slip of the owner');
  await message(page, 'a slip of the owner').waitFor();
  const menu = await menuOf(page, 'a slip of the owner');
  for (const none of ['Delete message', 'Pin', 'Edit']) assert.equal(await menu.getByRole('menuitem', { name: none }).count(), 0);
  await page.keyboard.press('Escape');
  await ada.setRole(id, bob.account.id, 'moderator');
  await page.getByTestId('event').getByText('You are now a moderator').waitFor();
  await choose(page, 'a slip of the owner', 'Delete message');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await shows(page, ['Message deleted']);
  assertCalm(page);
  await page.context().close();
});

test('who is blocked in a chat is heard no more, and the composer says why one cannot write', PATIENCE, async () => {
  const [ada, bob] = [await Person.signUp(server.url, 'Ada', 'ada'), await Person.signUp(server.url, 'Bob', 'bob')];
  const { id } = await bob.openDirect('ada');
  await ada.openDirect('bob');
  await bob.say(id, 'one');
  const page = await read(await enterAs(browser, server.url, ada), 'Chat with Bob');
  const other = await read(await enterAs(browser, server.url, ada), 'Chat with Bob');
  await page.getByTestId('details').click();
  await page.getByTestId('conversation').getByRole('button', { name: 'Block' }).press('Enter');
  await page.getByText('You block this account: nothing').waitFor();
  // The button has waited for the answer, and has the focus again.
  await eventually(async () => assert.equal(await page.evaluate(() => document.activeElement.innerText), 'Unblock'));
  await assertAccessible(page);
  await page.keyboard.press('Escape');
  await bob.say(id, 'two');
  // The account's other device knows it, too, and ends it.
  await barrier(other).getByText('You block this account, and cannot write to it.').waitFor();
  await other.getByRole('button', { name: 'Unblock' }).click();
  for (const each of [page, other]) await barrier(each).waitFor({ state: 'hidden' });
  await bob.say(id, 'three');
  for (const each of [page, other]) {
    await shows(each, ['one', 'three']);
    await eventually(async () => assert.equal(await each.title(), 'Bob · Chinwag'));
    assertCalm(each);
    await each.context().close();
  }
});

test('what one device begins shows on the other', PATIENCE, async () => {
  const [ada, bob] = [await Person.arrive(server.url, 'Ada'), await Person.signUp(server.url, 'Kit', 'kit')];
  const page = await enterAs(browser, server.url, ada);
  const { id } = await ada.createGroup('Crew');
  await conversations(page).getByRole('link', { name: 'Group Crew' }).waitFor();
  const chat = await ada.openDirect('kit');
  await ada.say(chat.id, 'hello');
  await conversations(page).getByRole('link', { name: 'Chat with Kit' }).click();
  await shows(page, ['hello']);
  // Unread is what others wrote: one has read one's own.
  await ada.say(id, 'to the crew');
  await bob.say(chat.id, 'hello to you');
  await shows(page, ['hello', 'hello to you']);
  await ada.leave(id);
  await conversations(page).getByRole('link', { name: 'Group Crew' }).waitFor({ state: 'detached' });
  assert.equal(await page.title(), 'Kit · Chinwag');
  assertCalm(page);
  await page.context().close();
});
