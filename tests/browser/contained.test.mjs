// What looks odd stays within its own message (case E8).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from '../harness/browser.mjs';
import { Server } from '../harness/server.mjs';
import { assertCalm, eventually, join, message, say, shows } from './room.mjs';

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

/** The first places at which two pictures differ by more than the smoothing of an edge, as `x,y: before > after`. */
const changed = (page, before, after) =>
  page.evaluate(async (pictures) => {
    const [a, b] = await Promise.all(
      pictures.map(async (picture) => {
        const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
        const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
        const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
        context.drawImage(bitmap, 0, 0);
        return context.getImageData(0, 0, bitmap.width, bitmap.height);
      }),
    );
    if (a.width !== b.width || a.height !== b.height) {
      return [`${a.width} x ${a.height} > ${b.width} x ${b.height}`];
    }
    const places = [];
    for (let at = 0; at < a.data.length && places.length < 10; at += 4) {
      const [from, to] = [a.data.subarray(at, at + 3), b.data.subarray(at, at + 3)];
      if (from.some((level, channel) => Math.abs(level - to[channel]) > 40)) {
        places.push(`${(at / 4) % a.width},${Math.floor(at / 4 / a.width)}: ${[...from]} > ${[...to]}`);
      }
    }
    return places;
  }, [before.toString('base64'), after.toString('base64')]);

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
  const pictures = async () => [
    await message(ada, 'above').locator('.bubble').screenshot(),
    await message(ada, 'below').locator('.bubble').screenshot(),
  ];
  const before = await pictures();
  await message(ada, 'a').locator('.text p').evaluate((node, text) => { node.firstChild.data = text; }, marks);
  // How the same text is smoothed may change for a moment, while its surroundings are drawn anew.
  await eventually(async () => {
    for (const [number, picture] of (await pictures()).entries()) {
      assert.deepEqual(await changed(ada, before[number], picture), [], `pixels of neighbour ${number}`);
    }
  });
  assertCalm(ada);
  await ada.context().close();
});
