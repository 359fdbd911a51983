// A real server in a process of its own: a free port, a folder of its own, nothing shared with another test.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BINARY = process.env.TEST_SERVER ?? new URL('../../target/release/chinwag', import.meta.url).pathname;

export class Server {
  #listen = '127.0.0.1:0';
  #adminListen = 'off';
  #data;
  #options;
  #process;
  /** Everything that it has printed, over all its lives. */
  output = '';
  /** Without a slash at the end. */
  url;

  static start(...options) {
    return Server.#startWith('off', options);
  }

  /** With an admin listener on this port. */
  static startWithAdmin(port, ...options) {
    return Server.#startWith(`127.0.0.1:${port}`, options);
  }

  static async #startWith(adminListen, options) {
    const server = new Server();
    server.#adminListen = adminListen;
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
    const options = ['--listen', this.#listen, '--admin-listen', this.#adminListen, '--data', this.#data, ...this.#options];
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

  /** What `chinwag admin` prints, asked of this server. */
  admin(...words) {
    const place = ['--data', this.#data, '--admin-listen', this.#adminListen];
    return execFileSync(BINARY, ['admin', ...words, ...place], { encoding: 'utf8' });
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
