// A program of somebody else that reads, and what it prints and is told, line by line.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

// Well below the heartbeat of 25 s: what comes sooner did not come in its wake.
const PATIENCE_MS = 15_000;

export class Program {
  #process;
  #lines;
  #errors = '';

  constructor(command, ...options) {
    this.#process = spawn(command, options, { stdio: ['pipe', 'pipe', 'pipe'] });
    // A program that has ended takes no more; that it has ended, `line` tells.
    this.#process.stdin.on('error', () => {});
    this.#process.stderr.setEncoding('utf8').on('data', (chunk) => (this.#errors += chunk));
    this.#lines = linesOf(this.#process.stdout);
  }

  /** Tells it a line. */
  tell(line) {
    this.#process.stdin.write(`${line}\n`);
  }

  /** The next line; fails where none comes. */
  async line() {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`Nothing in ${PATIENCE_MS} ms. ${this.#errors}`)), PATIENCE_MS);
    });
    const { value, done } = await Promise.race([this.#lines.next(), late]).finally(() => clearTimeout(timer));
    if (done) throw new Error(`It ended. ${this.#errors}`);
    return value;
  }

  /** All lines up to its end, which must be a good one. */
  async rest() {
    const ended = once(this.#process, 'close');
    const lines = [];
    for (let next = await this.#lines.next(); !next.done; next = await this.#lines.next()) lines.push(next.value);
    const [code] = await ended;
    if (code !== 0) throw new Error(`It ended with ${code}. ${this.#errors}`);
    return lines;
  }

  async stop() {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill();
    await once(this.#process, 'exit');
  }
}

// The one of node:readline also ends a line at characters that JSON leaves in its strings.
async function* linesOf(stream) {
  let rest = '';
  for await (const chunk of stream.setEncoding('utf8')) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    yield* lines;
  }
  if (rest !== '') yield rest;
}
