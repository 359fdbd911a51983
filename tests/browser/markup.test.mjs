// Marks in messages: what people type, and what others see of it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from '../harness/browser.mjs';
import { Person } from '../harness/person.mjs';
import { Server } from '../harness/server.mjs';
import { assertAccessible } from './accessible.mjs';
import { assertCalm, eventually, join, message, say, shows, timeline } from './room.mjs';

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

const address = (room) => `${server.url}/r/${room}`;

/** Ada writes, Bob reads. */
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

/** As somebody types it: lines by Shift and Enter. */
async function type(page, ...lines) {
  const composer = page.getByTestId('composer');
  await composer.focus();
  for (const [index, line] of lines.entries()) {
    if (index > 0) await composer.press('Shift+Enter');
    await page.keyboard.insertText(line);
  }
  await composer.press('Enter');
}

/** The text of a message, when it has come. */
async function textOf(page, seq) {
  await page.locator(`[data-seq="${seq}"][data-state=sent]`).waitFor();
  return page.locator(`[data-seq="${seq}"] .text`);
}

const look = (node, property) => node.evaluate((element, name) => getComputedStyle(element)[name], property);

test('bold, italic, struck and code look like it', PATIENCE, async () => {
  const { ada, bob } = await two('styles');
  await say(ada, '**heavy** *one* _two_ ***both*** ~~gone~~ `**code**` snake_case_name 2*3*4');
  await shows(bob, ['heavy one two both gone **code** snake_case_name 2*3*4']);
  for (const page of [ada, bob]) {
    const text = await textOf(page, 1);
    assert.deepEqual(await text.locator('strong').allTextContents(), ['heavy', 'both']);
    assert.deepEqual(await text.locator('em').allTextContents(), ['one', 'two', 'both']);
    assert.ok(Number(await look(text.locator('strong').first(), 'fontWeight')) >= 600);
    assert.equal(await look(text.locator('em').first(), 'fontStyle'), 'italic');
    assert.match(await look(text.locator('s'), 'textDecoration'), /line-through/);
    assert.equal(await text.locator('code').textContent(), '**code**');
    assert.match(await look(text.locator('code'), 'fontFamily'), /monospace/);
  }
  await leave(ada, bob);
});

test('a spoiler is hidden until it is pressed', PATIENCE, async () => {
  const { ada, bob } = await two('spoiler');
  await say(ada, 'it was ||the **butler**||, and ||nobody|| else');
  const text = await textOf(bob, 1);
  assert.equal((await text.innerText()).includes('butler'), false);
  const hidden = text.getByRole('button', { name: 'Show spoiler' });
  assert.equal(await hidden.count(), 2);
  assert.equal(await look(text.locator('strong'), 'visibility'), 'hidden');
  await hidden.first().click();
  assert.match(await text.innerText(), /the butler/);
  assert.equal(await look(text.locator('strong'), 'visibility'), 'visible');
  assert.equal(await hidden.count(), 1);
  // The other by the keyboard: up to the message, and into it.
  await timeline(bob).press('ArrowUp');
  const focused = bob.locator(':focus');
  for (let presses = 0; (await focused.getAttribute('aria-label')) !== 'Show spoiler'; presses++) {
    assert.ok(presses < 10, 'the Tab key does not reach it');
    await bob.keyboard.press('Tab');
  }
  await bob.keyboard.press('Enter');
  assert.equal(await text.innerText(), 'it was the butler, and nobody else');
  assert.equal(await focused.innerText(), 'nobody');
  // Who wrote it sees it as everybody does.
  assert.equal(await (await textOf(ada, 1)).getByRole('button').count(), 2);
  await leave(ada, bob);
});

test('a spoiler in a link is shown before the link is followed', PATIENCE, async () => {
  const { ada, bob } = await two('spoiler-link');
  await say(ada, `[||the answer||](${server.url}/)`);
  const text = await textOf(bob, 1);
  await text.getByRole('button', { name: 'Show spoiler' }).click();
  assert.match(await text.innerText(), /the answer/);
  assert.equal(bob.context().pages().length, 1);
  const [opened] = await Promise.all([bob.context().waitForEvent('page'), text.getByText('the answer').click()]);
  assert.equal(opened.url(), `${server.url}/`);
  await leave(ada, bob);
});

test('a block of code keeps its lines and spaces', PATIENCE, async () => {
  const { ada, bob } = await two('code');
  const lines = ['fn main() {', '    // **not** https://a.example', '', '    - > `x`', '}'];
  await type(ada, 'look:', '```rust', ...lines, '```', 'good?');
  const text = await textOf(bob, 1);
  const code = text.locator('pre code');
  assert.equal(await code.textContent(), lines.join('\n'));
  assert.equal(await code.innerText(), lines.join('\n'));
  assert.deepEqual(await text.locator('p').allTextContents(), ['look:', 'good?']);
  assert.equal(await text.locator('a, strong, li').count(), 0);
  const caption = await text.locator('pre').evaluate((node) => getComputedStyle(node, '::before').content);
  assert.equal(caption, '"rust"');
  // The longest line is broken, so that no message is wider than the page.
  await say(ada, '```');
  await type(ada, '```', 'x'.repeat(500), '```');
  const wide = await textOf(bob, 3);
  assert.ok(await wide.evaluate((node) => node.scrollWidth <= node.clientWidth));
  await leave(ada, bob);
});

test('quotations and lists look like it', PATIENCE, async () => {
  const { ada, bob } = await two('blocks');
  await type(ada, '> so **be** it', '> > older', 'yes:', '7. seven', '9. nine', '   - and a half', '- dot', '  two lines');
  const text = await textOf(bob, 1);
  const structure = await text.evaluate((node) => {
    const draw = ({ localName, children, textContent }) =>
      ['p', 'strong'].includes(localName) ? textContent : [localName, ...[...children].map(draw)];
    return [...node.children].map(draw);
  });
  assert.deepEqual(structure, [
    ['blockquote', 'so be it', ['blockquote', 'older']],
    'yes:',
    ['ol', ['li', 'seven'], ['li', 'nine', ['ul', ['li', 'and a half']]], ['li', 'dot\ntwo lines']],
  ]);
  const items = text.locator('ol > li');
  assert.deepEqual(await items.evaluateAll((all) => all.map((item) => item.value)), [7, 9, 0]);
  assert.equal(await look(items.nth(0), 'listStyleType'), 'decimal');
  assert.equal(await look(items.nth(2), 'listStyleType'), 'disc');
  assert.notEqual(await look(text.locator('blockquote').first(), 'borderInlineStartWidth'), '0px');
  // The longest number has room within the bubble.
  await say(ada, '123456789. a');
  const [bubble, item] = [await bob.locator('[data-seq="2"] .bubble').boundingBox(), await (await textOf(bob, 2)).locator('li').boundingBox()];
  assert.ok(item.x - bubble.x >= 90, `${item.x - bubble.x} px for ten characters`);
  await leave(ada, bob);
});

test('links open elsewhere, and a label tells where it leads', PATIENCE, async () => {
  const { ada, bob } = await two('links');
  const { host } = new URL(server.url);
  await say(ada, `see ${server.url}/r/one_(a), or [the **other**](${server.url}/r/two).`);
  await shows(bob, [`see ${server.url}/r/one_(a), or the other (${host}).`]);
  const links = (await textOf(bob, 1)).locator('a');
  const attributes = await links.evaluateAll((all) => all.map((link) => [link.href, link.rel, link.target]));
  assert.deepEqual(attributes, ['one_(a)', 'two'].map((room) => [address(room), 'noopener noreferrer nofollow', '_blank']));
  const [opened] = await Promise.all([bob.context().waitForEvent('page'), links.nth(1).click()]);
  assert.equal(opened.url(), address('two'));
  assert.equal(await opened.evaluate(() => window.opener), null);

  // A label that claims to be another address, and one that would turn the host around.
  await say(ada, '[bank.example](https://evil.example/bank.example) [\u202ebank](http://user@xn--e1afmkfd.example:8080/)');
  const second = await textOf(bob, 2);
  assert.deepEqual(await second.locator('.host').allTextContents(), [' (evil.example)', ' (xn--e1afmkfd.example:8080)']);
  assert.deepEqual(await second.locator('.host').evaluateAll((all) => all.map((node) => getComputedStyle(node).direction)), ['ltr', 'ltr']);
  await leave(ada, bob);
});

test('hostile markup does nothing', PATIENCE, async () => {
  const { ada, bob } = await two('hostile');
  for (const page of [ada, bob]) page.on('dialog', () => page.complaints.push('a dialog'));
  const texts = [
    '[a](javascript:alert(1)) [b](JaVaScRiPt:alert(1)) [c](data:text/html,<script>alert(1)</script>) [d](vbscript:x) [e](//f.example)',
    '**<img src=x onerror=alert(1)>** `<script>alert(1)</script>` ||<svg onload=alert(1)>||',
    '[<b>a</b>](https://b.example/"onmouseover="alert(1)) https://c.example/"><script>alert(1)</script>',
    '![a](https://b.example/c.png) <a href="javascript:alert(1)">d</a> &lt;script&gt;',
  ];
  for (const text of texts) await say(ada, text);
  const shown = await textOf(bob, texts.length);
  assert.match(await shown.textContent(), /<a href="javascript:alert\(1\)">d<\/a> &lt;script&gt;$/);
  assert.equal(await timeline(bob).locator('img, script, svg:not(.icon), b, iframe').count(), 0);
  const hrefs = await timeline(bob).locator('a').evaluateAll((all) => all.map((link) => link.getAttribute('href')));
  assert.deepEqual(hrefs, ['https://b.example/', 'https://c.example/', 'https://b.example/c.png']);
  const handlers = await timeline(bob).evaluate((node) =>
    [...node.querySelectorAll('*')].flatMap((each) => each.getAttributeNames().filter((name) => name.startsWith('on'))));
  assert.deepEqual(handlers, []);
  await leave(ada, bob);
});

test('the longest messages keep nobody waiting', PATIENCE, async () => {
  const bob = await Person.arrive(server.url, 'Bob');
  const { id } = await bob.open('longest');
  const pieces = ['*_', '[a](https://b.example[', '> > > > > ', '- - - - - ', '``` ', '**a _b ~~c ||d ', 'https://a.example/))))', '`a\n'];
  for (const piece of pieces) await bob.say(id, piece.repeat(32_768 / piece.length).trim());
  const ada = await join(browser, address('longest'), 'Ada');
  await ada.locator(`[data-seq="${pieces.length}"]`).waitFor();
  await say(ada, 'still here');
  await message(ada, 'still here').and(ada.locator('[data-state=sent]')).waitFor();
  await leave(ada);
});

test('who cannot see it hears the words, and no spoiler', PATIENCE, async () => {
  const { ada, bob } = await two('heard');
  await say(ada, '**Who** did it? ||The butler||, [says she](https://a.example/).');
  const status = bob.locator('[role=status]');
  await eventually(async () => assert.match(await status.textContent(), /Ada: Who did it\? \[spoiler\], says she\./));
  await leave(ada, bob);
});

for (const colorScheme of ['light', 'dark']) {
  test(`everything can be read by everybody: ${colorScheme}`, PATIENCE, async () => {
    const { ada, bob } = await two(`accessible-${colorScheme}`, { colorScheme });
    await type(ada, '**a** _b_ ~~c~~ `d` ||e|| https://f.example [g](https://h.example)', '> i `j`', '1. k', '   - l', '```rust', 'm', '```');
    for (const page of [ada, bob]) {
      await textOf(page, 1);
      await assertAccessible(page);
    }
    await (await textOf(bob, 1)).getByRole('button').click();
    await assertAccessible(bob);
    await leave(ada, bob);
  });
}

test('each block takes its direction from its own text', PATIENCE, async () => {
  const { ada, bob } = await two('direction');
  await type(ada, 'left to right', '', 'מימין לשמאל', '- אחד', '- one', '> שתיים', '```', 'שלוש', '```');
  const text = await textOf(bob, 1);
  const directions = (selector) => text.locator(selector).evaluateAll((all) => all.map((node) => getComputedStyle(node).direction));
  assert.deepEqual(await directions(':scope > p'), ['ltr', 'rtl']);
  assert.deepEqual(await directions('li'), ['rtl', 'ltr']);
  assert.deepEqual(await directions('blockquote'), ['rtl']);
  assert.deepEqual(await directions('pre'), ['ltr']);
  await leave(ada, bob);
});
