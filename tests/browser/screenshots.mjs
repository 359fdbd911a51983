// Pictures of the page, for the eye to judge: node tests/browser/screenshots.mjs FOLDER
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join as path } from 'node:path';
import { launch, newDevice } from '../harness/browser.mjs';
import { Person } from '../harness/person.mjs';
import { Server } from '../harness/server.mjs';
import { ask, enterAs, join } from './room.mjs';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('Usage: node tests/browser/screenshots.mjs FOLDER');

const DESKTOP = { viewport: { width: 1200, height: 760 }, deviceScaleFactor: 1.5, locale: 'en-GB' };
const PHONE = { viewport: { width: 390, height: 780 }, deviceScaleFactor: 2, locale: 'en-GB', isMobile: true, hasTouch: true };
const DEVICES = {
  'desktop-light': { ...DESKTOP, colorScheme: 'light' },
  'desktop-dark': { ...DESKTOP, colorScheme: 'dark' },
  'phone-light': { ...PHONE, colorScheme: 'light' },
  'phone-dark': { ...PHONE, colorScheme: 'dark' },
  'phone-narrow': { ...PHONE, viewport: { width: 320, height: 640 }, colorScheme: 'light' },
};

const ROOMS = [
  ['Garden', { topic: 'What grows, what does not, and who waters it in August' }],
  ['book-club', { title: 'Book club', topic: 'One book a month' }],
  ['release-party', {}],
];

const TALK = [
  ['Grace', 'The kettle is on. Who is in for tea at four?'],
  ['Alan', 'Me! I bring the biscuits.'],
  ['Alan', 'And the good cups, if somebody remembers where we put them after the move.'],
  ['Rózsa', 'Third shelf, behind the atlas.'],
  ['Grace', 'The notes from last week are at https://example.org/notes/42 (only the first page matters).'],
  ['Rózsa', 'Thank you! One question remains: do we meet in the small room, or in the garden, now that the rain has stopped?'],
];

const MARKED = [
  ['Grace', 'The **minutes** are _almost_ done; ~~Friday~~ Monday at the latest. `make minutes` does it.'],
  ['Grace', '1. tea\n2. biscuits\n   - the round ones\n   - the ones with ||ginger||\n3. any other business'],
  ['Alan', '> any other business\n> > tea\nLike what?'],
  ['Grace', '```rust\nfn main() {\n    println!("{}", "a line that is long enough to be broken on a telephone, and on a narrow screen");\n}\n```\nSee [the notes of last week](https://example.org/notes/42) or https://example.org/a_(b).'],
  ['Rózsa', 'I know who took the cups: ||it was the **new colleague** from the second floor, who thought that they were for everybody||!'],
];

await mkdir(folder, { recursive: true });
const browser = await launch();
try {
  for (const [name, options] of Object.entries(DEVICES)) await portray(name, options);
} finally {
  await browser.close();
}

async function portray(name, options) {
  const server = await Server.start();
  try {
    const shoot = (page, what = '') => page.screenshot({ path: path(folder, `${name}${what}.png`) });
    await prepare(server.url, 'tea', TALK);

    const visitor = await newDevice(browser, options);
    await visitor.goto(server.url);
    await visitor.getByRole('button').first().waitFor();
    await shoot(visitor, '-landing');
    await visitor.goto(`${server.url}/r/tea`);
    await visitor.getByTestId('name-input').waitFor();
    await shoot(visitor, '-name');

    const ada = await join(browser, `${server.url}/r/cats`, 'Ada', options);
    for (const room of ['release-party', 'tea']) {
      await ada.goto(`${server.url}/r/${room}`);
      await ada.locator('.room.loaded').waitFor();
    }
    await send(ada, 'The garden! I can be there at a quarter to.');
    await ada.locator('.message.own[data-state=sent]').waitFor();
    await shoot(ada);

    if (options.isMobile) {
      await ada.getByRole('button', { name: 'Show conversations' }).click();
      await ada.locator('.sidebar.open').waitFor();
      // It slides in, and out again.
      await ada.waitForTimeout(500);
      await shoot(ada, '-rooms');
      await ada.keyboard.press('Escape');
      await ada.waitForTimeout(500);
    }

    await ada.keyboard.press('Control+Shift+KeyD');
    await ada.getByTestId('dev-menu').waitFor();
    await shoot(ada, '-dev-menu');
    await ada.keyboard.press('Control+Shift+KeyD');

    await ada.getByTestId('message').last().hover();
    await ada.getByRole('button', { name: 'Message menu' }).last().click();
    await ada.getByTestId('menu').waitFor();
    await shoot(ada, '-menu');
    await ada.getByRole('menuitem', { name: 'Delete message' }).click();
    await ada.getByRole('dialog').waitFor();
    await shoot(ada, '-delete');
    await ada.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await ada.getByText('Message deleted').waitFor();

    // Refused, since there is nothing to see.
    await send(ada, '\u200b');
    await ada.locator('[data-state=failed]').waitFor();
    await send(ada, 'This one waits behind it.');
    await shoot(ada, '-failed');

    await portrayTogether(server.url, options, shoot);
    await portrayRooms(server.url, options, shoot);
    await portrayMarkup(server.url, options, shoot);
    await portrayMessages(server.url, options, shoot);
    await portrayAccounts(server.url, options, shoot);

    await server.kill();
    await ada.getByTestId('connection').getByText('Reconnecting').waitFor();
    await shoot(ada, '-reconnecting');
    await server.start();
    for (const page of [ada, visitor]) await page.context().close();
  } finally {
    await server.dispose();
  }
}

/** What people who run a group see, and a stranger's request. */
async function portrayTogether(url, options, shoot) {
  const [ada, grace, alan] = [
    await Person.signUp(url, 'Ada', 'ada'),
    await Person.signUp(url, 'Grace', 'grace'),
    await Person.arrive(url, 'Alan'),
  ];
  const { id } = await ada.createGroup('Book club');
  await ada.addMembers(id, [grace.account.id, alan.account.id]);
  await ada.setRole(id, grace.account.id, 'moderator');
  await ada.change(id, { topic: 'One book a month', slow_mode_seconds: 30 });
  const page = await enterAs(browser, url, ada, options);
  const chat = await grace.openDirect('ada');
  await grace.say(chat.id, 'Ada, a word?');
  await page.getByTestId('requests').waitFor();
  await shoot(page, '-conversations');
  await page.getByTestId('new-chat-button').click();
  await page.getByTestId('new-chat').waitFor();
  await shoot(page, '-new-chat');
  await page.keyboard.press('Escape');
  await page.getByTestId('requests').getByRole('link').click();
  await page.getByTestId('request-bar').waitFor();
  await shoot(page, '-request');

  await page.goto(`${url}/#chat/${id}`);
  await page.locator('.room.loaded').waitFor();
  await page.getByTestId('event').first().waitFor();
  await shoot(page, '-members-lines');
  await page.getByTestId('details').click();
  await page.getByTestId('members').getByText('Grace').waitFor();
  await ada.mute(id, alan.account.id, 86_400);
  await page.keyboard.press('Escape');
  await page.getByTestId('details').click();
  await page.getByText(/^Member, muted until /).waitFor();
  await shoot(page, '-details');
  await page.getByText('Invitations', { exact: true }).click();
  await page.getByRole('button', { name: 'Make a link' }).click();
  const link = page.getByTestId('invite-link');
  await link.waitFor();
  await shoot(page, '-invitations');
  await page.getByTestId('members').getByText('Grace').click();
  await page.getByTestId('person').waitFor();
  await shoot(page, '-person');

  const invited = await newDevice(browser, options);
  await invited.goto(await link.inputValue());
  await invited.getByTestId('start').click();
  await invited.getByTestId('join').click();
  await invited.locator('.room.loaded').waitFor();
  await send(invited, 'Is this the club?');
  await invited.getByTestId('barrier').getByText('Slow mode').waitFor();
  await shoot(invited, '-slow-mode');
  for (const each of [page, invited]) await each.context().close();
}

/** Messages with marks, of others and one's own, and a spoiler that is shown. */
async function portrayMarkup(url, options, shoot) {
  await prepare(url, 'marks', MARKED);
  const page = await join(browser, `${url}/r/marks`, 'Ada', options);
  await send(page, '**Mine** too:\n- `one`\n- ||two||\n> three\n```\nfour\n```\nhttps://example.org/five');
  await page.locator('.message.own[data-state=sent]').waitFor();
  await shoot(page, '-markup-end');
  await page.getByTestId('timeline').evaluate((node) => (node.scrollTop = 0));
  await page.getByRole('button', { name: 'Show spoiler' }).nth(1).click();
  await shoot(page, '-markup');
  await page.context().close();
}

/** Answers, reactions, pins and mentions, and who is there and types. */
async function portrayMessages(url, options, shoot) {
  const [ada, grace] = [await Person.signUp(url, 'Ada', 'ada.l'), await Person.signUp(url, 'Grace', 'grace.h')];
  const { id } = await ada.openDirect('grace.h');
  await ada.say(id, 'Lunch at one? The *new* place has soup, and a garden.');
  await grace.openDirect('ada.l');
  const write = (text, more) => ask(url, grace, 'POST', `/v1/conversations/${id}/messages`, { client_id: randomUUID(), text, ...more });
  await write('@Ada yes! Soup it is.', { reply_to: 1, entities: [{ type: 'mention', offset: 0, length: 4, account: ada.account.id }] });
  await write('They open at noon: https://example.org/soup', { forwarded: true });
  await ada.say(id, 'I come by the river.');
  for (const [person, emoji] of [[ada, '👍'], [grace, '👍'], [grace, '🎉']]) {
    await ask(url, person, 'PUT', `/v1/conversations/${id}/messages/2/reactions/${encodeURIComponent(emoji)}`);
  }
  await ask(url, ada, 'PUT', `/v1/conversations/${id}/pins/3`);
  await ask(url, ada, 'PATCH', `/v1/conversations/${id}/messages/4`, { text: 'I come along the river.' });
  const other = await enterAs(browser, url, grace);
  await other.goto(`${url}/#chat/${id}`);
  await other.locator('.room.loaded').waitFor();
  const page = await enterAs(browser, url, ada, options);
  await page.goto(`${url}/#chat/${id}`);
  await page.getByTestId('presence').getByText('Online').waitFor();
  await other.getByTestId('composer').pressSequentially('On my way', { delay: 50 });
  await page.getByTestId('typing').getByText('Grace is typing…').waitFor();
  await shoot(page, '-messages');
  const open = async (button) => {
    await page.locator('[data-seq="2"]').hover();
    await page.locator('[data-seq="2"]').getByRole('button', { name: button }).click();
  };
  await open('Message menu');
  await page.getByTestId('menu').waitFor();
  await shoot(page, '-message-menu');
  await page.getByRole('menuitem', { name: 'React' }).first().click();
  await page.getByTestId('reaction-picker').waitFor();
  await shoot(page, '-reaction-picker');
  await page.keyboard.press('Escape');
  await open('Message menu');
  await page.getByRole('menuitem', { name: 'Reply' }).click();
  await page.getByTestId('composer').pressSequentially('@gr');
  await page.getByTestId('mention-list').waitFor();
  await shoot(page, '-mention');
  await page.keyboard.press('Escape');
  await page.getByTestId('pins').click();
  await page.getByTestId('pin-list').getByRole('listitem').waitFor();
  await shoot(page, '-pins');
  await page.keyboard.press('Escape');
  await open('Message menu');
  await page.getByRole('menuitem', { name: 'Forward' }).click();
  await page.getByTestId('forward').waitFor();
  await shoot(page, '-forward');
  for (const each of [page, other]) await each.context().close();
}

/** What somebody sees who looks for a room, and who follows somebody's own link. */
async function portrayRooms(url, options, shoot) {
  const host = await Person.signUp(url, 'Hedy', 'hedy');
  for (const [slug, settings] of ROOMS) {
    const { id } = await host.open(slug);
    await host.change(id, { listed: true, ...settings }).catch(() => {});
  }
  const page = await enterAs(browser, url, host, options);
  await page.getByRole('link', { name: 'Public rooms' }).click();
  await page.getByTestId('rooms').getByRole('link').first().waitFor();
  await shoot(page, '-public-rooms');
  await page.getByText('Open a new room').click();
  await shoot(page, '-new-room');
  await page.getByText('Open a new room').click();
  await page.getByTestId('find-room').fill('chess');
  await page.getByTestId('open-typed').waitFor();
  await shoot(page, '-no-such-room');
  await page.getByTestId('me').click();
  await page.getByTestId('own-link').scrollIntoViewIfNeeded();
  await shoot(page, '-own-link');
  await page.context().close();

  const visitor = await newDevice(browser, options);
  await visitor.goto(`${url}/#u/hedy`);
  await visitor.getByTestId('start').waitFor();
  await shoot(visitor, '-by-link');
  await visitor.getByTestId('start').click();
  await visitor.locator('.room.loaded').waitFor();
  await shoot(visitor, '-first-message');
  await visitor.goto(`${url}/#u/nobody`);
  await visitor.getByText('Nobody has the user name').waitFor();
  await shoot(visitor, '-nobody');
  await visitor.context().close();
}

/** What somebody sees who is several people. */
async function portrayAccounts(url, options, shoot) {
  const people = [
    await Person.signUp(url, 'Katherine', 'katherine'),
    await Person.signUp(url, 'Katherine Johnson, Computing Department', 'katherine.at.work'),
    await Person.arrive(url, 'Quiet Otter'),
  ];
  const { id } = await people[0].open('tea');
  for (const person of people.slice(1)) await person.open('tea');
  const page = await enterAs(browser, url, people, options);
  const be = async (name) => {
    await page.getByTestId('me').click();
    const other = page.getByTestId('accounts').getByRole('button', { name: `Change to ${name}`, exact: false }).first();
    if (await other.isVisible()) await other.click();
    else await page.keyboard.press('Escape');
    await page.getByTestId('me').filter({ hasText: name }).waitFor();
  };
  await be('Quiet Otter');
  await people[0].say(id, 'Who is here?');
  await page.getByRole('button', { name: /unread in your other accounts$/ }).waitFor();
  await shoot(page, '-accounts-waiting');
  await page.getByTestId('me').click();
  await page.getByTestId('accounts').waitFor();
  await shoot(page, '-accounts');
  await page.getByTestId('add-account-button').click();
  await page.getByTestId('add-account').waitFor();
  await shoot(page, '-add-account');
  await page.getByText('Make a new account', { exact: true }).click();
  await shoot(page, '-add-new-account');
  await page.getByText('Be somebody else as a guest', { exact: true }).click();
  await shoot(page, '-add-guest');
  await page.getByRole('button', { name: 'Back' }).click();
  await page.goto(`${url}/r/tea`);
  await page.locator('.room.loaded').waitFor();
  if (options.isMobile) {
    await page.getByRole('button', { name: 'Show conversations' }).click();
    await page.locator('.sidebar.open').waitFor();
    await page.waitForTimeout(500);
  }
  await shoot(page, '-accounts-in-room');
  await people[1].signOut();
  await page.getByTestId('signed-out').waitFor();
  await shoot(page, '-signed-out-elsewhere');
  await people[2].signOut();
  await page.getByTestId('me').filter({ hasText: 'Katherine' }).waitFor();
  await shoot(page, '-signed-out-both');
  await page.context().close();
}

async function prepare(url, room, talk) {
  const people = {};
  for (const [name, text] of talk) {
    const person = (people[name] ??= await Person.arrive(url, name));
    await person.say((await person.open(room)).id, text);
  }
}

async function send(page, text) {
  await page.getByTestId('composer').fill(text);
  await page.getByTestId('send').click();
}
