// Messages are edited, answered, reacted to, forwarded and pinned, and name people: on the page, in a real browser.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { launch } from '../harness/browser.mjs';
import { Person } from '../harness/person.mjs';
import { Server } from '../harness/server.mjs';
import { assertAccessible } from './accessible.mjs';
import { ask, assertCalm, choose, conversations, enterAs, eventually, join, menuOf, message, say, shows, timeline } from './room.mjs';

const PATIENCE = { timeout: 120_000 };
const TRANSPORTS = ['websocket', 'sse', 'stream', 'longpoll', 'poll'];
const PHONE = { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true };

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

const address = (room, query = '') => `${server.url}/r/${room}${query}`;
const composer = (page) => page.getByTestId('composer');
const about = (page) => page.getByTestId('about-draft');
const focused = (page) => page.evaluate(() => {
  const { activeElement } = document;
  return activeElement.dataset.seq ?? activeElement.getAttribute('aria-label') ?? activeElement.textContent;
});
const heard = (page, sentence) => page.getByRole('status').filter({ hasText: sentence }).waitFor({ state: 'attached' });
const chip = (page, name) => timeline(page).getByRole('button', { name, exact: true });

async function two(room, options) {
  const ada = await join(browser, address(room), 'Ada', options);
  return { ada, bob: await join(browser, address(room), 'Bob', options) };
}

async function leave(...pages) {
  for (const page of pages) {
    assertCalm(page);
    await page.context().close();
  }
}

/** A group of Ada's with Bob in it, and somebody's page of it. */
async function crew(options) {
  const [ada, bob] = [await Person.arrive(server.url, 'Ada'), await Person.arrive(server.url, 'Bob')];
  const { id } = await ada.createGroup('Crew');
  await ada.addMembers(id, [bob.account.id]);
  const open = async (person) => {
    const page = await enterAs(browser, server.url, person, options);
    await page.goto(`${server.url}/#chat/${id}`);
    await page.locator('.room.loaded').waitFor();
    return page;
  };
  return { ada, bob, id, open };
}

const write = (person, id, text, more = {}) =>
  ask(server.url, person, 'POST', `/v1/conversations/${id}/messages`, { client_id: randomUUID(), text, ...more });

test('a message of one’s own is edited from its menu, and everybody sees the new text', PATIENCE, async () => {
  const { ada, bob } = await two('edit');
  await say(ada, 'a slpi');
  await shows(bob, ['a slpi']);
  await composer(ada).fill('half a thought');
  assert.equal(await (await menuOf(bob, 'a slpi')).getByRole('menuitem', { name: 'Edit' }).count(), 0);
  await bob.keyboard.press('Escape');
  await choose(ada, 'a slpi', 'Edit');
  await about(ada).getByText('Editing').waitFor();
  assert.equal(await composer(ada).inputValue(), 'a slpi');
  assert.equal(await ada.getByTestId('send').getAttribute('aria-label'), 'Save');
  await assertAccessible(ada);
  await composer(ada).fill('a **slip**');
  await composer(ada).press('Enter');
  for (const page of [ada, bob]) {
    await shows(page, ['a slip']);
    await timeline(page).getByText('edited', { exact: true }).waitFor();
    await timeline(page).locator('strong', { hasText: 'slip' }).waitFor();
  }
  await about(ada).waitFor({ state: 'hidden' });
  // The draft is there again.
  assert.equal(await composer(ada).inputValue(), 'half a thought');
  await bob.reload();
  await shows(bob, ['a slip']);
  await timeline(bob).getByText('edited', { exact: true }).waitFor();
  await leave(ada, bob);
});

test('the up arrow edits one’s last message, and Escape leaves it as it was', PATIENCE, async () => {
  const { ada, bob } = await two('arrow');
  await say(ada, 'first');
  await say(ada, 'second');
  await shows(bob, ['first', 'second']);
  await say(bob, 'not Ada’s');
  await shows(ada, ['first', 'second', 'not Ada’s']);
  await composer(ada).press('ArrowUp');
  await about(ada).getByText('Editing').waitFor();
  assert.equal(await composer(ada).inputValue(), 'second');
  await composer(ada).fill('never mind');
  await composer(ada).press('Escape');
  await about(ada).waitFor({ state: 'hidden' });
  assert.equal(await composer(ada).inputValue(), '');
  assert.equal(await composer(ada).evaluate((field) => field === document.activeElement), true);
  await composer(ada).press('ArrowUp');
  await composer(ada).press('End');
  await ada.keyboard.insertText(' thoughts');
  await composer(ada).press('Enter');
  for (const page of [ada, bob]) await shows(page, ['first', 'second thoughts', 'not Ada’s']);
  // With something in the field the arrow moves the caret.
  await composer(ada).fill('a draft');
  await composer(ada).press('ArrowUp');
  assert.equal(await about(ada).isVisible(), false);
  await leave(ada, bob);
});

test('a refused edit says why, and keeps what was written', PATIENCE, async () => {
  const { ada, bob, id, open } = await crew();
  await write(bob, id, 'mine');
  const page = await open(bob);
  await shows(page, ['mine']);
  await choose(page, 'mine', 'Edit');
  await composer(page).fill('mine, changed');
  await page.route('**/messages/*', (route) => route.fulfill({
    status: 403,
    contentType: 'application/problem+json',
    body: JSON.stringify({ status: 403, code: 'forbidden', detail: 'You may not do this now.' }),
  }));
  await composer(page).press('Enter');
  await page.getByTestId('refusal').getByText('You may not do this now.').waitFor();
  assert.equal(await composer(page).inputValue(), 'mine, changed');
  await page.unroute('**/messages/*');
  await composer(page).press('Enter');
  await shows(page, ['mine, changed']);
  await page.getByTestId('refusal').waitFor({ state: 'hidden' });
  // And whose message is deleted meanwhile has nothing more to edit.
  await composer(page).press('ArrowUp');
  await ada.delete(id, 2);
  await about(page).waitFor({ state: 'hidden' });
  await heard(page, 'The message was deleted.');
  assertCalm(page, /status of 403 /);
  await page.context().close();
});

test('an answer shows what it answers, as that is now, and leads to it', PATIENCE, async () => {
  const { ada, bob } = await two('answer');
  await say(ada, 'Tea or *coffee*?\nTell me');
  await shows(bob, ['Tea or coffee?\nTell me']);
  await timeline(bob).locator('[data-seq="1"]').hover();
  await timeline(bob).locator('[data-seq="1"]').getByRole('button', { name: 'Message menu' }).click();
  await bob.getByRole('menuitem', { name: 'Reply' }).click();
  await about(bob).getByText('Answering Ada').waitFor();
  await about(bob).getByText('Tea or coffee?').waitFor();
  await assertAccessible(bob);
  // Dropped, and taken up again.
  await composer(bob).press('Escape');
  await about(bob).waitFor({ state: 'hidden' });
  await timeline(bob).locator('[data-seq="1"]').hover();
  await timeline(bob).locator('[data-seq="1"]').getByRole('button', { name: 'Message menu' }).click();
  await bob.getByRole('menuitem', { name: 'Reply' }).click();
  await bob.getByRole('button', { name: 'Do not answer it' }).waitFor();
  await say(bob, 'tea');
  await about(bob).waitFor({ state: 'hidden' });
  for (const page of [ada, bob]) {
    await shows(page, ['Tea or coffee?\nTell me', 'tea']);
    assert.deepEqual(await page.getByTestId('quote').locator('strong, .said').allInnerTexts(), ['Ada', 'Tea or coffee?']);
  }
  await assertAccessible(ada);
  await ada.getByTestId('quote').click();
  await eventually(async () => assert.equal(await focused(ada), '1'));
  assert.equal(await timeline(ada).locator('.found').count(), 1);

  await composer(ada).press('ArrowUp');
  await composer(ada).fill('Tea?');
  await composer(ada).press('Enter');
  await bob.getByTestId('quote').getByText('Tea?').waitFor();
  await timeline(ada).locator('[data-seq="1"]').hover();
  await timeline(ada).locator('[data-seq="1"]').getByRole('button', { name: 'Message menu' }).click();
  await ada.getByRole('menuitem', { name: 'Delete message' }).click();
  await ada.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  for (const page of [ada, bob]) await page.getByTestId('quote').getByText('Deleted message').waitFor();
  await bob.reload();
  await bob.getByTestId('quote').getByText('Deleted message').waitFor();
  await leave(ada, bob);
});

test('what is answered survives a change of the conversation with the draft', PATIENCE, async () => {
  const { ada, bob, id, open } = await crew();
  await write(ada, id, 'a question');
  await bob.open('aside');
  const page = await open(bob);
  await choose(page, 'a question', 'Reply');
  await composer(page).fill('an answer');
  await conversations(page).getByRole('link', { name: 'Room aside' }).click();
  await page.locator('.room.loaded').waitFor();
  assert.equal(await about(page).isVisible(), false);
  await conversations(page).getByRole('link', { name: 'Group Crew' }).click();
  await about(page).getByText('Answering Ada').waitFor();
  await composer(page).press('Enter');
  await page.getByTestId('quote').getByText('a question').waitFor();
  await leave(page);
});

test('a quote leads far back, and from there one comes back to what is said now', PATIENCE, async () => {
  const { ada, bob, id, open } = await crew();
  await write(ada, id, 'the beginning');
  for (let number = 1; number <= 150; number++) await write(ada, id, `line ${number}`);
  // Row 1 is that Bob was added.
  await write(ada, id, 'as was said', { reply_to: 2 });
  const page = await open(bob);
  await message(page, 'as was said').waitFor();
  await page.getByTestId('quote').getByText('the beginning').waitFor();
  assert.equal(await page.locator('[data-seq="2"]').count(), 0);
  await page.getByTestId('quote').press('Enter');
  await message(page, 'the beginning').waitFor();
  await eventually(async () => assert.equal(await focused(page), '2'));
  assert.equal(await message(page, 'as was said').count(), 0);
  await assertAccessible(page);

  // What is said meanwhile does not come here, and is counted.
  await write(ada, id, 'news');
  await page.getByText('1 new').waitFor();
  await page.getByTestId('jump-latest').click();
  await message(page, 'news').waitFor();
  await page.getByTestId('jump-latest').waitFor({ state: 'hidden' });

  // And by scrolling all the way.
  await page.getByTestId('quote').click();
  await message(page, 'the beginning').waitFor();
  for (let presses = 0; await page.getByTestId('jump-latest').isVisible(); presses++) {
    assert.ok(presses < 500, 'it does not come to the end');
    await timeline(page).press('End');
  }
  await message(page, 'news').waitFor();
  const seqs = await page.getByTestId('message').evaluateAll((rows) => rows.map(({ dataset }) => Number(dataset.seq)));
  assert.deepEqual(seqs, Array.from({ length: 153 }, (_, index) => index + 2));
  await write(ada, id, 'and more');
  await message(page, 'and more').waitFor();

  // Whoever writes from the past is at the end at once.
  await page.reload();
  await message(page, 'and more').waitFor();
  await page.getByTestId('quote').click();
  await message(page, 'the beginning').waitFor();
  await say(page, 'here I am');
  await message(page, 'here I am').and(page.locator('[data-state=sent]')).waitFor();
  await message(page, 'and more').waitFor();
  await leave(page);
});

for (const transport of TRANSPORTS) {
  test(`reactions are put and taken back, and everybody counts the same: by ${transport}`, PATIENCE, async () => {
    const ada = await join(browser, address(`react-${transport}`, `?transport=${transport}`), 'Ada');
    const bob = await join(browser, address(`react-${transport}`), 'Bob');
    await say(ada, 'who is in?');
    await shows(bob, ['who is in?']);
    await message(bob, 'who is in?').hover();
    await message(bob, 'who is in?').getByRole('button', { name: 'React' }).click();
    const picker = bob.getByTestId('reaction-picker');
    await picker.waitFor();
    await assertAccessible(bob);
    await picker.getByRole('menuitemcheckbox', { name: '👍 Thumbs up' }).click();
    await picker.waitFor({ state: 'detached' });
    await chip(bob, '👍 1, yours').waitFor();
    await chip(ada, '👍 1').waitFor();
    await chip(ada, '👍 1').click();
    await chip(ada, '👍 2, yours').waitFor();
    await chip(bob, '👍 2, yours').waitFor();
    await assertAccessible(ada);
    await chip(bob, '👍 2, yours').click();
    await chip(bob, '👍 1').waitFor();
    await chip(ada, '👍 1, yours').waitFor();
    for (const page of [ada, bob]) await page.reload();
    await chip(bob, '👍 1').waitFor();
    await chip(ada, '👍 1, yours').waitFor();
    await chip(ada, '👍 1, yours').click();
    for (const page of [ada, bob]) await page.locator('.chip').waitFor({ state: 'detached' });
    await leave(ada, bob);
  });
}

test('reacting by the keyboard alone, and the focus is never lost', PATIENCE, async () => {
  const { ada, bob, id, open } = await crew();
  await write(ada, id, 'hello');
  const page = await open(bob);
  await shows(page, ['hello']);
  await timeline(page).press('ArrowUp');
  assert.equal(await focused(page), '2');
  await page.keyboard.press('Tab');
  assert.equal(await focused(page), 'Ada');
  await page.keyboard.press('Tab');
  assert.equal(await focused(page), 'React');
  await page.keyboard.press('Enter');
  assert.equal(await focused(page), '👍 Thumbs up');
  await page.keyboard.press('ArrowRight');
  assert.equal(await focused(page), '❤️ Heart');
  await page.keyboard.press('Escape');
  assert.equal(await focused(page), 'React');
  await page.keyboard.press('Enter');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await chip(page, '🎉 1, yours').waitFor();
  await eventually(async () => assert.equal(await focused(page), 'React'));
  await page.keyboard.press('Tab');
  assert.equal(await focused(page), 'Message menu');
  await page.keyboard.press('Tab');
  assert.equal(await focused(page), '🎉 1, yours');
  await ask(server.url, ada, 'PUT', `/v1/conversations/${id}/messages/2/reactions/${encodeURIComponent('🎉')}`);
  await chip(page, '🎉 2, yours').waitFor();
  assert.equal(await focused(page), '🎉 2, yours');
  await page.keyboard.press('Space');
  await eventually(async () => assert.equal(await focused(page), '🎉 1'));

  await page.keyboard.press('Shift+Tab');
  assert.equal(await focused(page), 'Message menu');
  await page.keyboard.press('Enter');
  await page.keyboard.press('w');
  assert.equal(await focused(page), 'Who reacted');
  await page.keyboard.press('Enter');
  await page.getByTestId('reaction-list').getByText('Ada').waitFor();
  await assertAccessible(page);
  await page.keyboard.press('Escape');
  await eventually(async () => assert.equal(await focused(page), 'Message menu'));
  await leave(page);
});

test('a reaction that is refused goes again, and says why', PATIENCE, async () => {
  const { ada, bob, id, open } = await crew();
  await write(ada, id, 'popular');
  const emojis = ['👍', '❤️', '😂', '😮', '😢', '🙏', '🎉', '👏', '🔥', '👀', '✅', '💯', '👎', '🙂', '😉', '😅', '🤔', '😡', '👋', '🤝'];
  for (const emoji of emojis) await ask(server.url, ada, 'PUT', `/v1/conversations/${id}/messages/2/reactions/${encodeURIComponent(emoji)}`);
  const page = await open(bob);
  await message(page, 'popular').hover();
  await message(page, 'popular').getByRole('button', { name: 'React' }).click();
  await page.getByRole('menuitemcheckbox', { name: '☕ Coffee' }).click();
  await page.getByTestId('refusal').getByText(/\S/).waitFor();
  await page.locator('.chip').getByText('☕').waitFor({ state: 'detached' });
  assert.equal(await page.locator('.chip').count(), 20);
  assertCalm(page, /status of 409 /);
  await page.context().close();
});

test('somebody is named by writing the beginning of their name', PATIENCE, async () => {
  const { ada, bob, id, open } = await crew();
  const eve = await Person.arrive(server.url, 'Bobby Tables');
  await ada.addMembers(id, [eve.account.id]);
  const [adas, bobs] = [await open(ada), await open(bob)];
  await composer(adas).focus();
  await adas.keyboard.insertText('😀 hi ');
  await adas.keyboard.type('@bo');
  const list = adas.getByTestId('mention-list');
  await list.getByRole('option', { name: 'Bob', exact: true }).waitFor();
  assert.deepEqual((await list.getByRole('option').allInnerTexts()).sort(), ['Bob', 'Bobby Tables']);
  await assertAccessible(adas);
  assert.equal(await composer(adas).getAttribute('aria-activedescendant'), await list.locator('[aria-selected=true]').getAttribute('id'));
  // Escape leaves the list alone, and what was written.
  await adas.keyboard.press('Escape');
  await list.waitFor({ state: 'hidden' });
  assert.equal(await composer(adas).inputValue(), '😀 hi @bo');
  await adas.keyboard.type('b');
  assert.equal(await list.isVisible(), false);
  for (let letters = 0; letters < 4; letters++) await adas.keyboard.press('Backspace');
  await adas.keyboard.type('@bob');
  await list.waitFor();
  while ((await list.locator('[aria-selected=true]').innerText()) !== 'Bob') await adas.keyboard.press('ArrowDown');
  await adas.keyboard.press('Enter');
  assert.equal(await composer(adas).inputValue(), '😀 hi @Bob ');
  await adas.keyboard.type('and @tab');
  await list.getByRole('option', { name: 'Bobby Tables' }).waitFor();
  await adas.keyboard.press('Tab');
  assert.equal(await composer(adas).inputValue(), '😀 hi @Bob and @Bobby Tables ');
  assert.equal(await composer(adas).evaluate((field) => field === document.activeElement), true);
  await adas.keyboard.press('Enter');
  for (const page of [adas, bobs]) await shows(page, ['😀 hi @Bob and @Bobby Tables']);
  const { messages } = await bob.history(id);
  assert.deepEqual(messages.at(-1).entities, [
    { type: 'mention', offset: 6, length: 4, account: bob.account.id },
    { type: 'mention', offset: 15, length: 13, account: eve.account.id },
  ]);
  assert.deepEqual(await timeline(bobs).locator('.mention.me').allInnerTexts(), ['@Bob']);
  assert.equal(await timeline(bobs).locator('.mention').count(), 2);
  assert.equal(await timeline(adas).locator('.mention.me').count(), 0);
  assert.equal(await timeline(bobs).locator('.message.calls-me').count(), 1);
  await assertAccessible(bobs);
  await leave(adas, bobs);
});

test('a name that is written anew names nobody, and an edit keeps the others', PATIENCE, async () => {
  const { ada, bob, id, open } = await crew();
  const page = await open(ada);
  await composer(page).focus();
  for (const piece of ['@b', '@b']) {
    await page.keyboard.type(piece);
    await page.getByTestId('mention-list').waitFor();
    await page.keyboard.press('Enter');
  }
  // The first is broken.
  await composer(page).evaluate((field) => field.setSelectionRange(2, 2));
  await page.keyboard.type('l');
  await page.keyboard.press('Enter');
  await shows(page, ['@Blob @Bob']);
  const entities = async () => (await bob.history(id)).messages.at(-1).entities;
  assert.deepEqual(await entities(), [{ type: 'mention', offset: 6, length: 4, account: bob.account.id }]);
  await composer(page).press('ArrowUp');
  await composer(page).evaluate((field) => field.setSelectionRange(0, 6));
  await page.keyboard.press('Delete');
  await page.keyboard.press('Enter');
  await shows(page, ['@Bob']);
  assert.deepEqual(await entities(), [{ type: 'mention', offset: 0, length: 4, account: bob.account.id }]);
  await leave(page);
});

test('everybody is named by who may, and a pointer chooses, too', PATIENCE, async () => {
  const { ada, bob, id, open } = await crew(PHONE);
  const [adas, bobs] = [await open(ada), await open(bob)];
  await composer(adas).tap();
  await adas.keyboard.type('@a');
  const option = adas.getByTestId('mention-list').getByRole('option', { name: 'all' });
  const box = await option.boundingBox();
  assert.ok(box.height >= 44, `${box.height} px high`);
  await option.tap();
  assert.equal(await composer(adas).inputValue(), '@all ');
  await adas.getByTestId('send').tap();
  await timeline(bobs).locator('.mention.me').getByText('@all').waitFor();
  assert.deepEqual((await bob.history(id)).messages.at(-1).entities, [{ type: 'mention_all', offset: 0, length: 4 }]);

  // Not in a room, where only some may.
  const kim = await join(browser, address('naming'), 'Kim', PHONE);
  const lea = await join(browser, address('naming'), 'Lea', PHONE);
  await composer(lea).tap();
  await lea.keyboard.type('@');
  await lea.getByTestId('mention-list').getByRole('option', { name: 'Kim' }).waitFor();
  assert.equal(await lea.getByTestId('mention-list').getByRole('option', { name: 'all' }).count(), 0);
  await leave(adas, bobs, kim, lea);
});

test('who is named is heard by their name, and what an entity does not say names nobody', PATIENCE, async () => {
  const { ada, bob, id, open } = await crew();
  const page = await open(bob);
  await write(ada, id, '@Bob **look** @Bob', { entities: [{ type: 'mention', offset: 0, length: 4, account: bob.account.id }] });
  await heard(page, 'Ada: @Bob look @Bob');
  assert.equal(await timeline(page).locator('.mention').count(), 1);
  await leave(page);
});

test('a message is forwarded to another conversation', PATIENCE, async () => {
  const { ada, bob, id, open } = await crew();
  await write(ada, id, 'for @everyone **else**');
  const { id: aside } = await bob.open('elsewhere');
  const page = await open(bob);
  await choose(page, 'for @everyone else', 'Forward');
  const dialog = page.getByTestId('forward');
  await dialog.getByText('for @everyone else').waitFor();
  await assertAccessible(page);
  await dialog.getByLabel('Find a conversation').fill('nowhere');
  await dialog.getByText('None of your conversations is called so.').waitFor();
  await dialog.getByLabel('Find a conversation').fill('ELSE');
  await dialog.getByTestId('forward-list').getByRole('button').click();
  await dialog.waitFor({ state: 'detached' });
  await heard(page, 'Forwarded to elsewhere');
  await eventually(async () => assert.equal(await focused(page), 'Message menu'));
  const [forwarded] = (await bob.history(aside)).messages;
  assert.deepEqual([forwarded.text, forwarded.forwarded, forwarded.sender.name], ['for @everyone **else**', true, 'Bob']);
  await conversations(page).getByRole('link', { name: 'Room elsewhere' }).click();
  await shows(page, ['for @everyone else']);
  await timeline(page).getByText('Forwarded', { exact: true }).waitFor();
  await assertAccessible(page);
  await leave(page);
});

test('where it cannot be forwarded to, the server says why', PATIENCE, async () => {
  const { ada, bob, id, open } = await crew();
  await write(ada, id, 'pass it on');
  const { id: other } = await ada.createGroup('Locked');
  await ada.addMembers(other, [bob.account.id]);
  await ada.change(other, { locked: true });
  const page = await open(bob);
  await choose(page, 'pass it on', 'Forward');
  await page.getByTestId('forward-list').getByRole('button', { name: 'Group Locked' }).click();
  await page.getByTestId('forward').getByRole('alert').getByText(/\S/).waitFor();
  await assertAccessible(page);
  await page.keyboard.press('Escape');
  await eventually(async () => assert.equal(await focused(page), 'Message menu'));
  assertCalm(page, /status of 403 /);
  await page.context().close();
});

test('messages are pinned by who may, listed for all, and found from there', PATIENCE, async () => {
  const { ada, bob, id, open } = await crew();
  await write(ada, id, 'the **rules**');
  for (let number = 1; number <= 80; number++) await write(bob, id, `line ${number}`);
  const [adas, bobs] = [await open(ada), await open(bob)];
  await message(bobs, 'line 80').waitFor();
  assert.equal(await (await menuOf(bobs, 'line 80')).getByRole('menuitem', { name: 'Pin' }).count(), 0);
  await bobs.keyboard.press('Escape');
  await choose(adas, 'line 80', 'Pin');
  await heard(adas, 'Pinned');
  for (const page of [adas, bobs]) await message(page, 'line 80').getByLabel('Pinned').waitFor();
  await ask(server.url, ada, 'PUT', `/v1/conversations/${id}/pins/2`);

  await bobs.getByTestId('pins').click();
  const pins = bobs.getByTestId('pinned');
  await eventually(async () => assert.deepEqual(
    await pins.getByTestId('pin-list').getByRole('listitem').locator('span').allInnerTexts(), ['the rules', 'line 80']));
  await assertAccessible(bobs);
  assert.equal(await pins.getByRole('button', { name: /^Unpin/ }).count(), 0);
  await pins.getByRole('button', { name: /the rules/ }).click();
  await pins.waitFor({ state: 'detached' });
  await eventually(async () => assert.equal(await focused(bobs), '2'));

  await adas.getByTestId('pins').click();
  await adas.getByRole('button', { name: 'Unpin: line 80' }).click();
  await eventually(async () => assert.equal(await adas.getByTestId('pinned').getByRole('listitem').count(), 1));
  // Somebody else's doing shows in the open list, too.
  await ask(server.url, ada, 'DELETE', `/v1/conversations/${id}/pins/2`);
  await adas.getByText('Nothing is pinned here.').waitFor();
  await assertAccessible(adas);
  await adas.keyboard.press('Escape');
  await message(adas, 'line 80').getByLabel('Pinned').waitFor({ state: 'detached' });
  await leave(adas, bobs);
});

test('a link leads to one message, also for who comes anew', PATIENCE, async () => {
  const { ada, bob, id, open } = await crew();
  await write(ada, id, 'look here');
  for (let number = 1; number <= 120; number++) await write(ada, id, `line ${number}`);
  const page = await open(bob);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: server.url });
  await choose(page, 'line 120', 'Copy link');
  await heard(page, 'Link copied');
  const copied = (wanted) => eventually(async () => assert.equal(await page.evaluate(() => navigator.clipboard.readText()), wanted));
  await copied(`${server.url}/#chat/${id}/122`);
  await choose(page, 'line 120', 'Copy text');
  await copied('line 120');

  await page.goto('about:blank');
  await page.goto(`${server.url}/#chat/${id}/2`);
  await message(page, 'look here').waitFor();
  await eventually(async () => assert.equal(await focused(page), '2'));
  assert.equal(await message(page, 'line 120').count(), 0);
  // From one to another, without a new page.
  await page.evaluate((hash) => (location.hash = hash), `#chat/${id}/60`);
  await eventually(async () => assert.equal(await focused(page), '60'));
  // To none that there is.
  await page.evaluate((hash) => (location.hash = hash), `#chat/${id}/999999`);
  await heard(page, 'That message is not to be seen here.');
  await message(page, 'line 120').waitFor();
  await leave(page);

  const { id: room } = await ada.open('linked');
  for (let number = 1; number <= 100; number++) await write(ada, room, `line ${number}`);
  const guest = await join(browser, address('linked#3'), 'Guest');
  await message(guest, 'line 3').waitFor();
  await eventually(async () => assert.equal(await focused(guest), '3'));
  await leave(guest);
});

test('on a phone everything is reached by touch', PATIENCE, async () => {
  const { ada, id, open, bob } = await crew(PHONE);
  await write(ada, id, 'hello');
  const page = await open(bob);
  await page.getByTestId('composer').fill('mine');
  await page.getByTestId('send').tap();
  await message(page, 'mine').and(page.locator('[data-state=sent]')).waitFor();
  const small = () => page.evaluate(() =>
    [...document.querySelectorAll('.message button, .popup button, .composer button')]
      .filter((button) => button.checkVisibility())
      .map((button) => [button.getAttribute('aria-label') ?? button.textContent, button.getBoundingClientRect()])
      .filter(([label, { width, height }]) => (width < 44 || height < 44) && label !== 'Ada')
      .map(([label, { width, height }]) => `${label}: ${width} x ${height}`));
  const more = message(page, 'hello').getByRole('button', { name: 'Message menu' });
  assert.equal(await more.evaluate((node) => getComputedStyle(node).opacity), '1');
  await more.tap();
  await page.getByTestId('menu').waitFor();
  assert.deepEqual(await small(), []);
  await assertAccessible(page);
  // Beside it is out of it.
  await page.mouse.click(195, 40);
  await page.getByTestId('menu').waitFor({ state: 'detached' });
  await more.tap();
  await page.getByRole('menuitem', { name: 'React', exact: true }).tap();
  await page.getByTestId('reaction-picker').waitFor();
  assert.deepEqual(await small(), []);
  await page.getByRole('menuitemcheckbox', { name: '🎉 Party' }).tap();
  await chip(page, '🎉 1, yours').waitFor();
  assert.deepEqual(await small(), []);
  await more.tap();
  await page.getByRole('menuitem', { name: 'Reply' }).tap();
  await about(page).getByText('Answering Ada').waitFor();
  assert.deepEqual(await small(), []);
  await page.getByTestId('composer').fill('an answer');
  await page.getByTestId('send').tap();
  await page.getByTestId('quote').getByText('hello').waitFor();
  const wide = await page.evaluate(() => document.querySelector('.timeline').scrollWidth > document.querySelector('.timeline').clientWidth);
  assert.equal(wide, false);
  await leave(page);
});

for (const colorScheme of ['light', 'dark']) {
  test(`everything of a message can be read by everybody: ${colorScheme}`, PATIENCE, async () => {
    const { ada, bob, id, open } = await crew({ colorScheme });
    await write(ada, id, 'plain');
    const mention = { entities: [{ type: 'mention', offset: 0, length: 4, account: bob.account.id }] };
    await write(ada, id, '@Bob look', { reply_to: 2, forwarded: true, ...mention });
    await write(bob, id, 'mine', { reply_to: 3 });
    for (const [seq, person] of [[3, bob], [3, ada], [4, ada]]) {
      await ask(server.url, person, 'PUT', `/v1/conversations/${id}/messages/${seq}/reactions/${encodeURIComponent('👍')}`);
    }
    await ask(server.url, ada, 'PUT', `/v1/conversations/${id}/pins/3`);
    await ask(server.url, bob, 'PATCH', `/v1/conversations/${id}/messages/4`, { text: 'mine, @Ada', entities: [{ type: 'mention', offset: 6, length: 4, account: ada.account.id }] });
    for (const person of [ada, bob]) {
      const page = await open(person);
      await timeline(page).getByText('edited', { exact: true }).waitFor();
      await assertAccessible(page);
      await timeline(page).press('ArrowUp');
      await page.keyboard.press('Enter');
      await page.getByTestId('menu').waitFor();
      await assertAccessible(page);
      await page.keyboard.press('Escape');
      await page.getByTestId('quote').first().click();
      await assertAccessible(page);
      await leave(page);
    }
  });
}

test('what changes while the page is offline is as it is afterwards', PATIENCE, async () => {
  const { ada, bob, id, open } = await crew();
  for (const text of ['one', 'two', 'three']) await write(ada, id, text);
  const page = await open(bob);
  await shows(page, ['one', 'two', 'three']);
  await page.context().setOffline(true);
  await page.getByText('You are offline').waitFor();
  await ask(server.url, ada, 'PATCH', `/v1/conversations/${id}/messages/2`, { text: 'one, anew' });
  await ask(server.url, ada, 'PUT', `/v1/conversations/${id}/messages/3/reactions/${encodeURIComponent('👍')}`);
  await ask(server.url, ada, 'PUT', `/v1/conversations/${id}/pins/4`);
  await page.context().setOffline(false);
  await shows(page, ['one, anew', 'two', 'three']);
  await chip(page, '👍 1').waitFor();
  await message(page, 'three').getByLabel('Pinned').waitFor();
  assertCalm(page, /ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED/);
  await page.context().close();
});
