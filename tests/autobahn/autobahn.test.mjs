// Our codec against Autobahn: as server and as client, over HTTP/1.1 and, with HAProxy to translate, over HTTP/2.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { freePort } from '../harness/free-port.mjs';
import { Haproxy } from '../harness/haproxy.mjs';
import { Program } from '../harness/program.mjs';
import { CASES, verdictOf } from './cases.mjs';
import { example, Wstest } from './wstest.mjs';

/** For all cases of one side, most of them waits that Autobahn prescribes. */
const PATIENCE_MS = 360_000;

const SIDES = {
  'server over HTTP/1.1': async (using) => {
    return tried(using, await echo(using));
  },
  'server over HTTP/2': async (using) => {
    const upstream = `http://${await echo(using)}`;
    const port = await freePort();
    using(await Haproxy.startToHttp2(port, upstream));
    return tried(using, `127.0.0.1:${port}`);
  },
  'client over HTTP/1.1': async (using) => {
    const port = await freePort();
    const wstest = using(await Wstest.server(CASES, port));
    await using(new Program(example('autobahn'), `127.0.0.1:${port}`, 'chinwag')).rest();
    return wstest.report();
  },
  'client over HTTP/2': async (using) => {
    const [port, upstream] = [await freePort(), await freePort()];
    const wstest = using(await Wstest.server(CASES, upstream));
    using(await Haproxy.startFromHttp2(port, `http://127.0.0.1:${upstream}`));
    await using(new Program(example('autobahn'), `127.0.0.1:${port}`, 'chinwag', 'http2')).rest();
    return wstest.report();
  },
};

/** Where our server listens. */
const echo = (using) => using(new Program(example('echo'))).line();

async function tried(using, server) {
  const wstest = using(await Wstest.client(CASES, server));
  await wstest.end();
  return wstest.report();
}

const figures = {};

for (const [side, run] of Object.entries(SIDES)) {
  describe(side, () => {
    const running = [];
    let report;

    before(async () => {
      const started = performance.now();
      report = await run((program) => {
        running.push(program);
        return program;
      });
      figures[side] = {
        seconds: Math.round((performance.now() - started) / 1000),
        verdicts: counted(Object.values(report).map(({ behavior, behaviorClose }) => `${behavior}, closed ${behaviorClose}`)),
        milliseconds_of_large_messages: sum(Object.entries(report).filter(([id]) => id.startsWith('9.'))),
        milliseconds_of_compression: sum(Object.entries(report).filter(([id]) => /^1[23]\./.test(id))),
      };
    }, { timeout: PATIENCE_MS });

    after(async () => {
      for (const program of running.reverse()) await program.stop();
    });

    for (const id of CASES) {
      test(id, () => {
        const { behavior, behaviorClose } = report[id] ?? {};
        assert.deepEqual([behavior, behaviorClose], [verdictOf(id), verdictOf(id)]);
      });
    }

    test('no other case was tried', () => {
      assert.deepEqual(Object.keys(report).sort(), [...CASES].sort());
    });
  });
}

after(async () => {
  const folder = process.env.EVIDENCE;
  if (folder) await writeFile(join(folder, 'figures.json'), `${JSON.stringify(figures, null, 2)}\n`);
});

const counted = (names) => {
  const counts = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
};

const sum = (cases) => cases.reduce((total, [, { duration }]) => total + duration, 0);
