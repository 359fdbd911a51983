// People make a group and look after it: on the page, in a real browser.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from '../harness/browser.mjs';
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
const arrive = (name) => Person.arrive(server.url, name);
const members = (page) => page.getByTestId('members');
const person = (page) => page.getByTestId('person');
const confirmed = (page, label) => page.getByTestId('confirm').getByRole('button', { name: label }).click();

/** A group with Ada as its owner, and the others in it by name. */
async function crew(...others) {
  const ada = await arrive('Ada');
  const { id } = await ada.createGroup('Crew');
  await ada.addMembers(id, others.map(({ account }) => account.id));
  return { ada, id };
}

/** Goes to the group, and looks at its details. */
async function details(page, name = 'Crew') {
  await conversations(page).getByRole('link', { name: `Group ${name}` }).click();
  await page.locator('.room.loaded').waitFor();
  await page.getByTestId('details').click();
  await members(page).getByRole('listitem').first().waitFor();
}

async function look(page, name) {
  await members(page).getByRole('button', { name: new RegExp(`^${name}`) }).click();
  await person(page).waitFor();
}

const names = (page) => members(page).getByRole('listitem').locator('.who').allInnerTexts();
const shown = (page, wanted) =>
  eventually(async () => assert.deepEqual((await names(page)).map((text) => text.replace('\n', ': ')).sort(), wanted));

test('a group is made, and people come into it by acquaintance and by user name', PATIENCE, async () => {
  const [mia, bob, zoe] = [await arrive('Mia'), await Person.signUp(server.url, 'Bob', 'bob'), await Person.signUp(server.url, 'Zoe', 'zoe')];
  const { id: chat } = await mia.openDirect('bob');
  await mia.say(chat, 'hello');
  const page = await enterAs(browser, server.url, mia);
  const bobs = await enterAs(browser, server.url, bob);
  await page.getByTestId('new-chat-button').click();
  await page.getByText('With a group').click();
  await assertAccessible(page);
  await fill(page, 'group-form', { title: 'Book club', topic: 'One book a month' });
  await page.locator('.room.loaded').waitFor();
  assert.equal(await page.getByTestId('room-title').innerText(), 'Book club');
  await page.getByText('One book a month').waitFor();

  await page.getByTestId('details').click();
  await shown(page, ['Mia: You, owner']);
  await page.getByText('Add people').click();
  await page.getByTestId('add-form').getByLabel('Bob').check();
  await fill(page, 'add-form', { username: 'zoe' });
  await page.getByText('Added: Bob, Zoe.').waitFor();
  await shown(page, ['Bob: Member', 'Mia: You, owner', 'Zoe: Member']);
  await page.getByText('Group, 3 members').waitFor();
  await assertAccessible(page);
  await page.keyboard.press('Escape');
  await say(page, 'welcome');

  await conversations(bobs).getByRole('link', { name: 'Group Book club' }).click();
  await shows(bobs, ['welcome']);
  // Looking Zoe up has left no empty chat in the list.
  assert.equal(await conversations(page).getByRole('link').count(), 2);
  for (const each of [page, bobs]) {
    assertCalm(each);
    await each.context().close();
  }
});

test('an owner gives a role, and the member can do more at once', PATIENCE, async () => {
  const [bob, eve] = [await arrive('Bob'), await arrive('Eve')];
  const { ada, id } = await crew(bob, eve);
  const [adas, bobs] = [await enterAs(browser, server.url, ada), await enterAs(browser, server.url, bob)];
  await details(adas);
  await details(bobs);
  // What the viewer may not do is not there.
  for (const closed of ['Settings', 'Banned', 'Add people']) assert.equal(await bobs.getByText(closed, { exact: true }).count(), 0);
  await look(bobs, 'Eve');
  for (const none of ['role-form', 'mute-form']) assert.equal(await bobs.getByTestId(none).count(), 0);
  assert.equal(await person(bobs).getByRole('button', { name: 'Remove' }).count(), 0);
  await bobs.keyboard.press('Escape');

  await look(adas, 'Bob');
  await assertAccessible(adas);
  await person(adas).getByLabel('Role').selectOption('moderator');
  await person(adas).getByRole('button', { name: 'Change the role' }).click();
  await person(adas).getByText('Changed.').waitFor();
  await adas.keyboard.press('Escape');
  // The focus is where it was.
  await eventually(async () => assert.match(await adas.evaluate(() => document.activeElement.innerText), /Bob/));
  for (const page of [adas, bobs]) await shown(page, page === adas
    ? ['Ada: You, owner', 'Bob: Moderator', 'Eve: Member']
    : ['Ada: Owner', 'Bob: You, moderator', 'Eve: Member']);
  await bobs.getByText('Banned', { exact: true }).waitFor();
  assert.equal(await bobs.getByText('Settings', { exact: true }).count(), 0);

  await look(bobs, 'Eve');
  assert.equal(await bobs.getByTestId('role-form').count(), 0);
  await person(bobs).getByRole('button', { name: 'Remove' }).click();
  await assertAccessible(bobs);
  await confirmed(bobs, 'Remove');
  await shown(bobs, ['Ada: Owner', 'Bob: You, moderator']);
  await person(bobs).waitFor({ state: 'detached' });
  await shown(adas, ['Ada: You, owner', 'Bob: Moderator']);
  assert.deepEqual(await ada.roles(id), { Ada: 'owner', Bob: 'moderator' });
  for (const page of [adas, bobs]) {
    assertCalm(page);
    await page.context().close();
  }
});

test('who is banned stays out until the ban is lifted', PATIENCE, async () => {
  const eve = await arrive('Eve');
  const { ada, id } = await crew(eve);
  const page = await enterAs(browser, server.url, ada, PHONE);
  await details(page);
  await look(page, 'Eve');
  await person(page).getByRole('button', { name: 'Ban' }).click();
  await confirmed(page, 'Ban');
  await shown(page, ['Ada: You, owner']);
  await page.getByText('Banned', { exact: true }).click();
  await page.getByTestId('bans').getByText('Eve').waitFor();
  await assertAccessible(page);
  assert.deepEqual((await ada.addMembers(id, [eve.account.id])).refused, [eve.account.id]);
  await page.getByRole('button', { name: 'Lift the ban on Eve' }).click();
  await page.getByText('Nobody is banned.').waitFor();
  assert.deepEqual((await ada.addMembers(id, [eve.account.id])).added, [eve.account.id]);
  await shown(page, ['Ada: You, owner', 'Eve: Member']);
  assertCalm(page);
  await page.context().close();
});

test('an owner hands over, and leaves', PATIENCE, async () => {
  const bob = await arrive('Bob');
  const { ada, id } = await crew(bob);
  const page = await enterAs(browser, server.url, ada);
  await details(page);
  await page.getByText('You own this group.').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Leave the group' }).count(), 0);
  await look(page, 'Bob');
  await person(page).getByRole('button', { name: 'Make owner' }).click();
  await confirmed(page, 'Make owner');
  await shown(page, ['Ada: You, admin', 'Bob: Owner']);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Leave the group' }).click();
  await confirmed(page, 'Leave');
  await page.getByText('Your conversations').waitFor();
  assert.equal(await conversations(page).getByRole('link').count(), 0);
  assert.deepEqual(await bob.roles(id), { Bob: 'owner' });
  assertCalm(page);
  await page.context().close();
});

test('settings that one member changes show at once to the others', PATIENCE, async () => {
  const bob = await arrive('Bob');
  const { ada } = await crew(bob);
  const [adas, bobs] = [await enterAs(browser, server.url, ada), await enterAs(browser, server.url, bob)];
  await details(adas);
  await conversations(bobs).getByRole('link', { name: 'Group Crew' }).click();
  await bobs.locator('.room.loaded').waitFor();
  await adas.getByText('Settings', { exact: true }).click();
  await assertAccessible(adas);
  await fill(adas, 'settings-form', { title: 'Crew of the Nina', topic: 'Sails at six' });
  await adas.getByText('Saved.').waitFor();
  await bobs.getByRole('heading', { name: 'Crew of the Nina' }).waitFor();
  await bobs.getByText('Sails at six', { exact: true }).waitFor();
  await conversations(bobs).getByRole('link', { name: 'Group Crew of the Nina' }).waitFor();
  await eventually(async () => assert.equal(await bobs.title(), 'Crew of the Nina · Chinwag'));
  for (const page of [adas, bobs]) {
    assertCalm(page);
    await page.context().close();
  }
});

test('all of it is reached by the keyboard alone', PATIENCE, async () => {
  const bob = await arrive('Bob');
  const { ada, id } = await crew(bob);
  const page = await enterAs(browser, server.url, ada);
  const focused = () => page.evaluate(() => {
    const { activeElement } = document;
    return activeElement === document.body ? '' : (activeElement.getAttribute('aria-label') ?? activeElement.innerText);
  });
  const tabTo = async (pattern) => {
    for (let presses = 0; presses < 40; presses++) {
      if (pattern.test(await focused())) return;
      await page.keyboard.press('Tab');
    }
    assert.fail(`${pattern} was never reached`);
  };
  await tabTo(/Crew/);
  await page.keyboard.press('Enter');
  await page.locator('.room.loaded').waitFor();
  await page.getByTestId('composer').and(page.locator(':focus')).waitFor();
  await tabTo(/^Details/);
  await page.keyboard.press('Enter');
  await members(page).getByRole('button', { name: /^Bob/ }).waitFor();
  await tabTo(/Bob/);
  await page.keyboard.press('Enter');
  await person(page).waitFor();
  await tabTo(/^Remove$/);
  await page.keyboard.press('Enter');
  // The safe answer is the first.
  assert.equal(await focused(), 'Leave it as it is');
  await tabTo(/^Remove$/);
  await page.keyboard.press('Enter');
  await shown(page, ['Ada: You, owner']);
  await person(page).waitFor({ state: 'detached' });
  assert.equal(await focused(), 'Members');
  await page.keyboard.press('Escape');
  await eventually(async () => assert.equal(await focused(), 'Details'));
  assert.deepEqual(await ada.roles(id), { Ada: 'owner' });
  assertCalm(page);
  await page.context().close();
});

test('in a room, who wrote something is looked at from there, and kept out though they have left', PATIENCE, async () => {
  const [ada, eve, bob] = [await arrive('Ada'), await arrive('Eve'), await arrive('Bob')];
  const { id } = await ada.open('garden');
  for (const guest of [eve, bob]) await guest.open('garden');
  await eve.say(id, 'buy this');
  await bob.say(id, 'no thanks');
  await eve.leave(id);
  const page = await enterAs(browser, server.url, ada);
  await conversations(page).getByRole('link', { name: 'Room garden' }).click();
  await shows(page, ['buy this', 'no thanks']);

  const author = (name) => page.getByTestId('timeline').getByRole('button', { name, exact: true });
  await author('Eve').click();
  await person(page).getByText('Not a member any more').waitFor();
  await assertAccessible(page);
  for (const none of ['Remove', 'Mute']) assert.equal(await person(page).getByRole('button', { name: none }).count(), 0);
  await person(page).getByRole('button', { name: 'Ban' }).click();
  await confirmed(page, 'Ban');
  await page.getByTestId('confirm').waitFor({ state: 'detached' });
  await page.keyboard.press('Escape');
  await assert.rejects(eve.open('garden'), /403/);

  await author('Bob').click();
  await person(page).locator('.who').getByText('Member', { exact: true }).waitFor();
  await person(page).getByRole('button', { name: 'Remove' }).waitFor();
  await person(page).getByLabel('Role').waitFor();
  await page.keyboard.press('Escape');
  // The focus is where it was.
  await eventually(async () => assert.equal(await page.evaluate(() => document.activeElement.innerText), 'Bob'));
  assertCalm(page);
  await page.context().close();
});

test('the arrows go from message to message, and Tab to what can be done about one', PATIENCE, async () => {
  const bob = await arrive('Bob');
  const { ada, id } = await crew(bob);
  for (const text of ['one', 'two', 'three']) await bob.say(id, text);
  await ada.say(id, 'four');
  const page = await enterAs(browser, server.url, ada);
  await conversations(page).getByRole('link').click();
  await shows(page, ['one', 'two', 'three', 'four']);
  const reached = () => page.evaluate(() => {
    const { activeElement } = document;
    return activeElement.querySelector('.text')?.textContent ?? activeElement.getAttribute('aria-label') ?? activeElement.innerText;
  });
  const press = async (key, place) => {
    await page.keyboard.press(key);
    assert.equal(await reached(), place);
  };
  await page.getByTestId('composer').and(page.locator(':focus')).waitFor();
  // One step back to the list, however many messages there are.
  await page.keyboard.press('Shift+Tab');
  await eventually(async () => assert.equal(await page.evaluate(() => document.activeElement.dataset.testid), 'timeline'));
  await press('ArrowUp', 'four');
  await press('Tab', 'React');
  await press('Tab', 'Message menu');
  await press('ArrowUp', 'three');
  await press('ArrowUp', 'two');
  await press('ArrowUp', 'one');
  await press('ArrowUp', 'one');
  await assertAccessible(page);
  await press('Tab', 'Bob');
  await page.keyboard.press('Enter');
  await person(page).getByText('Member', { exact: true }).first().waitFor();
  await press('Escape', 'Bob');
  await press('ArrowDown', 'two');
  await press('Enter', 'Reply');
  await assertAccessible(page);
  await press('Escape', 'Message menu');
  await page.keyboard.press('Enter');
  await press('End', 'Delete message');
  await page.keyboard.press('Enter');
  await press('Tab', 'Delete');
  await page.keyboard.press('Enter');
  await shows(page, ['one', 'Message deleted', 'three', 'four']);
  // The message that was pressed keeps the focus.
  await eventually(async () => assert.equal(await reached(), 'Message deleted'));
  await press('ArrowDown', 'three');
  assertCalm(page);
  await page.context().close();
});

test('who came, went and has another role is told after a reload, too, and like things together', PATIENCE, async () => {
  const [bob, eve, kim] = [await arrive('Bob'), await arrive('Eve'), await arrive('Kim')];
  const { ada, id } = await crew(bob);
  for (const { account } of [eve, kim]) await ada.addMembers(id, [account.id]);
  await ada.setRole(id, bob.account.id, 'moderator');
  await ada.say(id, 'welcome');
  const page = await enterAs(browser, server.url, ada);
  await conversations(page).getByRole('link').click();
  const told = (wanted) => eventually(async () => assert.deepEqual(await page.getByTestId('event').allInnerTexts(), wanted));
  const before = ['You added Bob, Eve and Kim', 'Bob is now a moderator'];
  await told(before);
  for (const guest of [kim, eve]) await guest.leave(id);
  await told([...before, 'Kim and Eve left']);
  await ada.say(id, 'so few');
  await ada.change(id, { title: 'Few' });
  await ada.change(id, { title: 'Two' });
  const after = [...before, 'Kim and Eve left'];
  await told([...after, 'You changed the name to “Few”', 'You changed the name to “Two”']);
  await shows(page, ['welcome', 'so few']);
  await page.reload();
  // What a group was called before anybody was looking is not known any more.
  await told([...after, 'You changed the settings', 'You changed the name to “Two”']);
  await shows(page, ['welcome', 'so few']);
  await assertAccessible(page);
  assertCalm(page);
  await page.context().close();
});

test('what happened further back comes with the older messages', PATIENCE, async () => {
  const bob = await arrive('Bob');
  const { ada, id } = await crew(bob);
  for (let number = 1; number <= 70; number++) await ada.say(id, `message ${number}`);
  const page = await enterAs(browser, server.url, ada, PHONE);
  await conversations(page).getByRole('link').tap();
  await page.getByText('message 70').waitFor();
  assert.equal(await page.getByTestId('event').count(), 0);
  while ((await page.getByTestId('event').count()) === 0) await page.getByTestId('timeline').press('Home');
  assert.equal(await page.getByTestId('event').innerText(), 'You added Bob');
  assertCalm(page);
  await page.context().close();
});

test('those who may mute see who is muted, and end it', PATIENCE, async () => {
  const [bob, eve] = [await arrive('Bob'), await arrive('Eve')];
  const { ada, id } = await crew(bob, eve);
  await ada.setRole(id, bob.account.id, 'moderator');
  const [bobs, eves] = [await enterAs(browser, server.url, bob), await enterAs(browser, server.url, eve)];
  await details(bobs);
  await look(bobs, 'Eve');
  assert.equal(await person(bobs).getByRole('button', { name: 'End the mute' }).isVisible(), false);
  await person(bobs).getByLabel('Mute for').selectOption('A week');
  await person(bobs).getByRole('button', { name: 'Mute', exact: true }).click();
  await person(bobs).getByText(/^Member, muted until /).waitFor();
  await assertAccessible(bobs);
  await bobs.keyboard.press('Escape');
  await members(bobs).getByRole('button', { name: /^Eve Member, muted until / }).waitFor();
  await assertAccessible(bobs);
  await details(eves);
  await shown(eves, ['Ada: Owner', 'Bob: Moderator', 'Eve: You, member']);

  await look(bobs, 'Eve');
  await person(bobs).getByRole('button', { name: 'End the mute' }).press('Enter');
  await person(bobs).getByText('They may write.').waitFor();
  await person(bobs).getByRole('button', { name: 'End the mute' }).waitFor({ state: 'hidden' });
  assert.equal(await bobs.evaluate(() => document.activeElement.textContent), 'Mute');
  await bobs.keyboard.press('Escape');
  await shown(bobs, ['Ada: Owner', 'Bob: You, moderator', 'Eve: Member']);
  for (const page of [bobs, eves]) {
    assertCalm(page);
    await page.context().close();
  }
});

test('from a member one goes to a chat with them', PATIENCE, async () => {
  const bob = await arrive('Bob');
  const { ada } = await crew(bob);
  const page = await enterAs(browser, server.url, ada, PHONE);
  await details(page);
  await look(page, 'Bob');
  await person(page).getByRole('button', { name: 'Send a message' }).click();
  await page.getByRole('heading', { name: 'Bob' }).waitFor();
  await page.locator('.room.loaded').waitFor();
  await eventually(async () => assert.equal(await page.getByRole('dialog').count(), 0));
  await page.getByTestId('composer').fill('psst');
  await page.getByTestId('send').click();
  await shows(page, ['psst']);
  assertCalm(page);
  await page.context().close();
});

test('names and topics stay text', PATIENCE, async () => {
  const hostile = '<img src=x onerror=alert(1)>';
  const [ada, eve] = [await arrive('Ada'), await arrive(hostile)];
  const { id } = await ada.createGroup(hostile);
  await ada.addMembers(id, [eve.account.id]);
  await ada.change(id, { topic: '<b>javascript:alert(1)</b>' });
  await eve.say(id, 'hello');
  const page = await enterAs(browser, server.url, ada);
  page.on('dialog', () => page.complaints.push('a dialog'));
  await conversations(page).getByText(hostile).click();
  await shows(page, ['hello']);
  await ada.change(id, { title: `${hostile} again` });
  await page.getByTestId('event').getByText(`“${hostile} again”`).waitFor();
  await page.getByTestId('details').click();
  await members(page).getByText(hostile).click();
  await person(page).getByRole('button', { name: 'Remove' }).click();
  await page.getByTestId('confirm').getByText(`Remove ${hostile}?`).waitFor();
  assert.equal(await page.locator('img:not(.brand img), main b').count(), 0);
  assertCalm(page);
  await page.context().close();
});

test('long names stay within a narrow phone', PATIENCE, async () => {
  const [ada, bob] = [await arrive('Ada'), await arrive('B'.repeat(40))];
  const { id } = await ada.createGroup('W'.repeat(80));
  await ada.addMembers(id, [bob.account.id]);
  await ada.change(id, { topic: 'M'.repeat(300) });
  await bob.say(id, 'hello');
  const page = await enterAs(browser, server.url, ada, { ...PHONE, viewport: { width: 320, height: 640 } });
  const within = async () => {
    const wide = await page.evaluate(() =>
      [document.documentElement, ...document.querySelectorAll('main, dialog, .timeline')]
        .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
        .map(({ className, tagName }) => `${tagName} ${className}`));
    assert.deepEqual(wide, []);
  };
  await within();
  await conversations(page).getByRole('link').click();
  await shows(page, ['hello']);
  await within();
  await page.getByTestId('details').click();
  await members(page).getByRole('button').waitFor();
  for (const part of ['Add people', 'Invitations', 'Settings', 'Banned']) {
    await page.getByText(part, { exact: true }).click();
    await within();
  }
  await members(page).getByRole('button').click();
  await person(page).waitFor();
  await within();
  await assertAccessible(page);
  assertCalm(page);
  await page.context().close();
});
