// A real server in a process of its own: a free port, a folder of its own, nothing shared with another test.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BINARY = process.env.TEST_SERVER ?? new URL('../../target/release/chinwag', import.meta.url).pathname;

export class Server {
  #listen = '127.0.0.1:0';
  #data;
  #options;
  #process;
  /** Everything that it has printed, over all its lives. */
  output = '';
  /** Without a slash at the end. */
  url;

  static async start(...options) {
    const server = new Server();
    server.#options = options;
    server.#data = await mkdtemp(join(tmpdir(), 'chinwag-'));
    try {
      await server.start();
    } catch (error) {
      await rm(server.#data, { recursive: true });
      throw error;
    }
    return server;
  }

  get port() {
    return Number(new URL(this.url).port);
  }

  /** After the first time, it comes back to the same port and data. */
  async start() {
    const options = ['--listen', this.#listen, '--admin-listen', 'off', '--data', this.#data, ...this.#options];
    this.#process = spawn(BINARY, options, { stdio: ['ignore', 'pipe', 'pipe'] });
    const life = this.#process;
    let printed = '';
    await new Promise((resolve, reject) => {
      const read = (chunk) => {
        this.output += chunk;
        printed += chunk;
        const open = printed.match(/^Open (https?:\/\/\S+)\/$/m);
        if (!open) return;
        this.url = open[1];
        this.#listen = new URL(this.url).host;
        resolve();
      };
      life.stdout.setEncoding('utf8').on('data', read);
      life.stderr.setEncoding('utf8').on('data', read);
      life.on('error', reject);
      life.on('exit', (code, signal) => reject(new Error(`The server ended (${code ?? signal}):\n${printed}`)));
    });
  }

  /** Asks it to stop, and sees that it stops without complaint. */
  async stop() {
    const code = await this.#end('SIGTERM');
    if (code !== 0) throw new Error(`The server ended with ${code}:\n${this.output}`);
  }

  async kill() {
    await this.#end('SIGKILL');
  }

  /** Stops it for good. What it has logged must be free of trouble. */
  async dispose() {
    try {
      await this.stop();
      const trouble = this.output.split('\n').filter((line) => /\b(WARN|ERROR)\b|panicked/.test(line));
      if (trouble.length > 0) throw new Error(`The server has complained:\n${trouble.join('\n')}`);
    } finally {
      await rm(this.#data, { recursive: true, force: true });
    }
  }

  async #end(signal) {
    const life = this.#process;
    if (life.exitCode !== null || life.signalCode !== null) return life.exitCode ?? life.signalCode;
    life.kill(signal);
    const [code, by] = await once(life, 'exit');
    return code ?? by;
  }
}
