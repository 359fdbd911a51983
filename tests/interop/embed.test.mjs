// The example of a product with Chinwag inside works as it stands there.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { freePort } from '../harness/free-port.mjs';
import { Server } from '../harness/server.mjs';

const EXAMPLE = new URL('../../examples/embed.mjs', import.meta.url);

let server;

before(async () => {
  server = await Server.startWithAdmin(await freePort());
});
after(() => server?.dispose());

test('the example of ten lines', async () => {
  // Nobody else comes in, for people come by way of the product.
  server.admin('settings', 'close', 'guests');
  server.admin('settings', 'close', 'sign_up');
  const { key } = JSON.parse(server.admin('--json', 'keys', 'make', 'shop'));
  const env = { ...process.env, URL: server.url, KEY: key };
  const printed = execFileSync(process.execPath, [EXAMPLE.pathname], { env, encoding: 'utf8' });
  const { token, conversation } = JSON.parse(printed);

  const headers = { Authorization: `Bearer ${token}` };
  const answer = await fetch(`${server.url}/v1/conversations/${conversation}/messages`, { headers });
  const { messages } = await answer.json();
  assert.deepEqual(messages.map(({ sender, text }) => [sender.name, text]), [['Shop', 'Your order is on its way.']]);
  const [{ created_at: created, name }] = (await (await fetch(`${server.url}/v1/devices`, { headers })).json()).devices.filter((device) => device.current);
  assert.equal(name, 'Shop app');
  assert.ok(Date.now() - Date.parse(created) < 60_000);

  const lines = (await readFile(EXAMPLE, 'utf8')).trimEnd().split('\n');
  assert.equal(lines.length, 10);
});
