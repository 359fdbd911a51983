// What people do on the page.
import assert from 'node:assert/strict';
import { newDevice } from '../harness/browser.mjs';

export const message = (page, text) =>
  page.getByTestId('message').filter({ has: page.getByText(text, { exact: true }) });

export const timeline = (page) => page.getByTestId('timeline');

/** Somebody new opens a room's address, and says who they are. */
export async function join(browser, address, name, options) {
  return enter(await newDevice(browser, options), address, name);
}

/** The same on a page that is there already. */
export async function enter(page, address, name) {
  await page.goto(address);
  await page.getByTestId('name-input').fill(name);
  await page.getByTestId('start').click();
  await page.locator('.room.loaded').waitFor();
  return page;
}

/** Somebody who is signed in as a program is, or several of them, go on in a browser. */
export async function enterAs(browser, url, people, options) {
  const page = await newDevice(browser, options);
  const cookie = ({ account, token }) => ({ name: `chinwag-${account.id}`, value: token, url, httpOnly: true, sameSite: 'Lax' });
  await page.context().addCookies([people].flat().map(cookie));
  await page.goto(url);
  await page.getByTestId('me').waitFor();
  return page;
}

export const conversations = (page) => page.getByTestId('conversations');

export async function fill(page, form, fields) {
  const node = page.getByTestId(form);
  for (const [name, value] of Object.entries(fields)) await node.locator(`[name=${name}]`).fill(value);
  await node.locator('button[type=submit]').click();
}

export async function say(page, text) {
  await page.getByTestId('composer').fill(text);
  await page.getByTestId('composer').press('Enter');
}

/** Opens the menu of a message as a pointer does. */
export async function menuOf(page, text) {
  await message(page, text).hover();
  await message(page, text).getByRole('button', { name: 'Message menu' }).click();
  return page.getByTestId('menu');
}

/** Takes something from the menu of a message. */
export async function choose(page, text, item) {
  await (await menuOf(page, text)).getByRole('menuitem', { name: item, exact: true }).click();
}

/** Asks as somebody who is a program. */
export async function ask(url, { token }, method, path, body) {
  const headers = { Authorization: `Bearer ${token}`, ...(body ? { 'Content-Type': 'application/json' } : {}) };
  const answer = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) });
  assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
  return answer.status === 204 ? undefined : answer.json();
}

/** Waits until the page shows exactly these texts, in this order, all of them stored. */
export async function shows(page, texts) {
  const read = () =>
    page.getByTestId('message').evaluateAll((rows) =>
      rows.map((row) => `${row.querySelector('.text').textContent} [${row.dataset.state}]`));
  const wanted = texts.map((text) => `${text} [sent]`);
  await eventually(async () => assert.deepEqual(await read(), wanted));
}

/** Repeats a check until it passes; where it never does, its last failure is the answer. */
export async function eventually(check, patienceMs = 30_000) {
  for (const end = Date.now() + patienceMs; ; ) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Nothing went wrong in the page, but for what the test has brought about. */
export function assertCalm(page, ...expected) {
  assert.deepEqual(page.complaints.filter((complaint) => !expected.some((pattern) => pattern.test(complaint))), []);
}
