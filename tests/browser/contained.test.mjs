// What looks odd stays within its own message (case E8).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from '../harness/browser.mjs';
import { Server } from '../harness/server.mjs';
import { assertCalm, join, message, say, shows } from './room.mjs';

const PATIENCE = { timeout: 120_000 };
const OVERRIDE = '\u202E';

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

/** Whether the text of an element is painted from left to right, by where its first and its last letter stand. */
const runsRight = (element) =>
  element.evaluate((node) => {
    const text = document.createTreeWalker(node, NodeFilter.SHOW_TEXT).nextNode();
    const left = (at) => {
      const range = document.createRange();
      range.setStart(text, at);
      range.setEnd(text, at + 1);
      return range.getBoundingClientRect().left;
    };
    const shown = text.data.replace(/^\u202E/u, '');
    return left(text.data.length - shown.length) < left(text.data.length - 1);
  });

test('an override that is never ended ends with its message', PATIENCE, async () => {
  const ada = await join(browser, `${server.url}/r/override`, 'Ada');
  const texts = ['before', `${OVERRIDE}turned`, 'after'];
  for (const text of texts) await say(ada, text);
  await shows(ada, texts);
  for (const [text, right] of [['before', true], [`${OVERRIDE}turned`, false], ['after', true]]) {
    const row = message(ada, text);
    assert.equal(await runsRight(row.locator('.text')), right, text);
    assert.equal(await runsRight(row.locator('time')), true, `the time beside ${text}`);
  }
  assertCalm(ada);
  await ada.context().close();
});

test('a thousand marks on a letter are painted on no other message', PATIENCE, async () => {
  const ada = await join(browser, `${server.url}/r/marks`, 'Ada');
  const marks = `a${'\u0301'.repeat(500)}${'\u0323'.repeat(500)}`;
  const texts = ['above', 'a', 'below'];
  for (const text of texts) await say(ada, text);
  await shows(ada, texts);
  // The marks would make a line higher, and move the others.
  await message(ada, 'a').locator('.bubble').evaluate((node) => {
    node.style.boxSizing = 'border-box';
    node.style.height = `${node.getBoundingClientRect().height}px`;
  });
  const neighbours = async () => {
    const pictures = [];
    for (const text of ['above', 'below']) pictures.push(await message(ada, text).locator('.bubble').screenshot());
    return pictures;
  };
  const before = await neighbours();
  await message(ada, 'a').locator('.text').evaluate((node, text) => { node.firstChild.data = text; }, marks);
  for (const [number, picture] of (await neighbours()).entries()) {
    assert.ok(picture.equals(before[number]), `message ${number} looks different`);
  }
  assertCalm(ada);
  await ada.context().close();
});
