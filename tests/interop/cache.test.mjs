// P10: a proxy that keeps answers, by nginx's default key, which knows nothing of who asks.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freePort } from '../harness/free-port.mjs';
import { Nginx } from '../harness/nginx.mjs';
import { Person } from '../harness/person.mjs';
import { Server } from '../harness/server.mjs';

let server;
let proxy;

before(async () => {
  server = await Server.start();
  proxy = await Nginx.startWithCache(await freePort(), server.url);
});
after(async () => {
  await proxy?.stop();
  await server?.dispose();
});

const ask = (path, headers = {}) => fetch(`${proxy.url}${path}`, { headers });
const kept = (answer) => answer.headers.get('x-cache');
const bearer = (person) => ({ authorization: `Bearer ${person.token}` });

test('nothing private is kept', async () => {
  const ada = await Person.arrive(proxy.url, 'Ada');
  const bob = await Person.arrive(proxy.url, 'Bob');
  const { id, cursor } = await ada.open('alone');
  await ada.say(id, 'for nobody else');
  for (const path of [
    '/v1/session',
    '/v1/sync',
    `/v1/conversations/${id}/messages`,
    '/v1/events',
    `/v1/events?after=${cursor}`,
    '/v1/nothing',
    '/v1/events?after=x',
  ]) {
    const first = await ask(path, bearer(ada));
    const told = await first.text();
    const again = await ask(path, bearer(ada));
    assert.equal(kept(again), 'MISS', path);
    // The next person, and somebody unknown, get their own answers.
    for (const headers of [bearer(bob), {}]) {
      const other = await ask(path, headers);
      assert.equal(kept(other), 'MISS', path);
      const text = await other.text();
      assert.ok(!text.includes('for nobody else') && !text.includes('Ada'), path);
      if (headers.authorization === undefined && !path.endsWith('nothing')) assert.equal(other.status, 401, path);
    }
    if (first.status === 200) assert.ok(told.length > 0);
    // By a cookie it is the same, and a cookie that is given is given to one.
    const cookie = { cookie: `chinwag-${ada.account.id}=${ada.token}` };
    assert.equal(kept(await ask(path, cookie)), 'MISS', path);
    assert.equal(kept(await ask(path, cookie)), 'MISS', path);
  }
});

test('what is for everybody is kept, so that this is a cache', async () => {
  const page = await (await ask('/')).text();
  const script = page.match(/"(\/assets\/[^"]+)"/)[1];
  assert.equal(kept(await ask(script)), 'MISS');
  assert.equal(kept(await ask(script)), 'HIT');
});
