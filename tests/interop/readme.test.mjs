// What the README shows to type works as it stands there.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { Person } from '../harness/person.mjs';
import { Server } from '../harness/server.mjs';

let server;

before(async () => {
  server = await Server.start();
});
after(() => server?.dispose());

test('the commands with curl', async () => {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  const [, commands] = readme.match(/```sh\n(URL=.*?)```/s);
  const { cursor } = await (await Person.arrive(server.url, 'Ada')).open('before');
  const script = `
    set -euo pipefail
    # A stream has no end of its own: being cut off (28) is a success.
    curl() { command curl --fail-with-body --max-time 2 "$@" || [ $? = 28 ]; }
    ${commands.replace('http://127.0.0.1:8080', server.url).replaceAll('CURSOR', cursor)}`;
  const printed = execFileSync('bash', ['-c', script], { encoding: 'utf8' });

  assert.match(printed, /"seq":1/);
  assert.match(printed, /"text":"Hello"/, 'the long poll has the message');
  assert.equal(printed.match(/\{"type":"hello"/g)?.length, 2, 'both streams begin');
});
