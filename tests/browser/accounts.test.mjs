// A guest keeps its name, comes back on another device, and looks after its devices: on the page, in a real browser.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, newDevice } from '../harness/browser.mjs';
import { Server } from '../harness/server.mjs';
import { assertCalm, eventually, fill, join, message, say, shows } from './room.mjs';

const PATIENCE = { timeout: 120_000 };
const PASSWORD = 'a long way home';
// A browser tells the console of these, which the page expects.
const SIGNED_OUT = /status of 401 /;

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

async function register(page, username) {
  await page.getByTestId('me').click();
  await fill(page, 'registration-form', { username, 'new-password': PASSWORD });
  await page.getByText(`@${username}`).or(page.getByText('Change the password')).first().waitFor();
}

async function signIn(username) {
  const page = await newDevice(browser);
  await page.goto(address('den'));
  await page.getByTestId('have-account').click();
  await fill(page, 'sign-in-form', { username, password: PASSWORD });
  await page.locator('.room.loaded').waitFor();
  return page;
}

test('a guest keeps what it has as an account, and signs in on a second device', PATIENCE, async () => {
  const ada = await join(browser, address('den'), 'Ada');
  await say(ada, 'from the first');
  await register(ada, 'ada');
  await ada.getByTestId('account').getByLabel('Close').click();
  const phone = await signIn('ada');
  await shows(phone, ['from the first']);
  assert.equal(await phone.locator('.message.own').count(), 1);
  await say(phone, 'from the second');
  await shows(ada, ['from the first', 'from the second']);
  assert.equal(await ada.locator('.message.own').count(), 2);
  assertCalm(ada);
  assertCalm(phone);
  for (const page of [ada, phone]) await page.context().close();
});

test('a wrong password is refused, and says so', PATIENCE, async () => {
  const page = await newDevice(browser);
  await page.goto(address('den'));
  await page.getByTestId('have-account').click();
  await fill(page, 'sign-in-form', { username: 'ada', password: 'not the password' });
  await page.getByTestId('sign-in-form').getByRole('alert').filter({ hasText: /\S/ }).waitFor();
  assertCalm(page, SIGNED_OUT);
  await page.context().close();
});

test('one device signs the other out', PATIENCE, async () => {
  const laptop = await signIn('ada');
  const phone = await signIn('ada');
  await laptop.getByTestId('me').click();
  await laptop.getByRole('button', { name: 'Sign out all others' }).click();
  await phone.getByTestId('name-input').waitFor();
  await eventually(async () => assert.equal(await laptop.getByTestId('devices').locator('li').count(), 1));
  await laptop.getByTestId('account').getByLabel('Close').click();
  await say(laptop, 'still here');
  await message(laptop, 'still here').and(laptop.locator('[data-state=sent]')).waitFor();
  assertCalm(laptop);
  assertCalm(phone, SIGNED_OUT);
  for (const page of [laptop, phone]) await page.context().close();
});

test('a new name and another password reach the other device', PATIENCE, async () => {
  const laptop = await signIn('ada');
  const phone = await signIn('ada');
  await laptop.getByTestId('me').click();
  await fill(laptop, 'profile-form', { name: 'Ada L.' });
  await phone.getByTestId('me').filter({ hasText: 'Ada L.' }).waitFor();
  await laptop.getByText('Change the password').click();
  await fill(laptop, 'password-form', { password: PASSWORD, 'new-password': 'another long way' });
  await phone.getByTestId('name-input').waitFor();
  await laptop.getByText('All your other devices were signed out.').waitFor();
  assertCalm(laptop);
  assertCalm(phone, SIGNED_OUT);
  for (const page of [laptop, phone]) await page.context().close();
});

test('a recovery code lets in whoever has forgotten the password', PATIENCE, async () => {
  const ada = await join(browser, address('den'), 'Grace');
  await register(ada, 'grace');
  await ada.getByText('Recovery codes').click();
  await fill(ada, 'recovery-codes-form', { password: PASSWORD });
  const codes = ada.getByTestId('recovery-codes').locator('code');
  await eventually(async () => assert.equal(await codes.count(), 10));
  const code = await codes.first().innerText();

  const phone = await newDevice(browser);
  await phone.goto(address('den'));
  await phone.getByTestId('have-account').click();
  await phone.getByText('I forgot my password').click();
  await fill(phone, 'recovery-form', { username: 'grace', code, 'new-password': 'found it again' });
  await phone.locator('.room.loaded').waitFor();
  await ada.getByTestId('name-input').waitFor();
  assertCalm(phone);
  for (const page of [ada, phone]) await page.context().close();
});

test('who signs out leaves nothing behind in the browser', PATIENCE, async () => {
  // By requests, which can be held back.
  const page = await join(browser, `${address('lobby')}?transport=sse`, 'Secretive');
  await say(page, 'one');
  await shows(page, ['one']);
  await page.context().setOffline(true);
  await say(page, 'waits to be sent');
  await message(page, 'waits to be sent').and(page.locator('[data-state=pending]')).waitFor();
  await page.getByTestId('composer').fill('not for the next person');
  const kept = () => page.evaluate(() => Object.keys(localStorage));
  assert.ok((await kept()).length >= 3);
  await page.getByTestId('me').click();
  const signOut = page.getByTestId('sign-out-form').getByRole('button', { name: 'Sign out' });
  await signOut.click();
  // It is not done before the server knows.
  await page.getByTestId('sign-out-form').getByRole('alert').filter({ hasText: 'The server could not be reached.' }).waitFor();
  assert.ok((await kept()).length >= 3);
  await page.route('**/messages', (route) => route.abort());
  await page.context().setOffline(false);
  await signOut.click();
  await page.getByTestId('have-account').waitFor();
  assert.deepEqual(await kept(), []);
  assert.deepEqual(await page.context().cookies(), []);
  assert.equal(new URL(page.url()).pathname, '/');
  await page.unroute('**/messages');

  await page.goto(address('lobby'));
  assert.notEqual(await page.getByTestId('name-input').inputValue(), 'Secretive');
  await page.getByTestId('start').click();
  await shows(page, ['one']);
  assert.equal(await page.getByTestId('composer').inputValue(), '');
  assert.equal(await page.locator('.message.own').count(), 0);
  assertCalm(page, /ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED|ERR_FAILED/);
  await page.context().close();
});
