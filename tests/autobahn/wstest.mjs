// Autobahn's program in either of its roles, and its report.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listening } from '../harness/free-port.mjs';

const TARGET = process.env.CARGO_TARGET_DIR ?? new URL('../../target', import.meta.url).pathname;
const WSTEST = join(TARGET, 'test-tools/autobahn/bin/wstest');

export class Wstest {
  #folder;
  #process;

  /** A client that tries the cases on a server. */
  static client(cases, server) {
    return Wstest.#start('fuzzingclient', cases, { servers: [{ agent: 'chinwag', url: `ws://${server}/` }] });
  }

  /** A server that tries the cases on its clients. */
  static async server(cases, port) {
    const wstest = await Wstest.#start('fuzzingserver', cases, { url: `ws://127.0.0.1:${port}` });
    await listening(port, wstest.#process);
    return wstest;
  }

  static async #start(mode, cases, settings) {
    const wstest = new Wstest();
    wstest.#folder = await mkdtemp(join(tmpdir(), 'chinwag-autobahn-'));
    const file = join(wstest.#folder, 'spec.json');
    await writeFile(file, JSON.stringify({ outdir: wstest.#folder, cases, ...settings }));
    const options = ['--mode', mode, '--webport', '0', '--spec', file];
    wstest.#process = spawn(WSTEST, options, { stdio: ['ignore', 'ignore', 'inherit'] });
    return wstest;
  }

  /** Waits until it has tried them all. That it ends well says nothing about them. */
  async end() {
    const [code] = await once(this.#process, 'exit');
    if (code !== 0) throw new Error(`wstest ended with ${code}`);
  }

  /** What it found out, by case. */
  async report() {
    return JSON.parse(await readFile(join(this.#folder, 'index.json'))).chinwag;
  }

  async stop() {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      this.#process.kill();
      await once(this.#process, 'exit');
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** An example of the codec's crate. */
export const example = (name) => join(TARGET, 'release/examples', name);
