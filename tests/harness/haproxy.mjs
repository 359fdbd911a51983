// HAProxy with the settings that Debian's package comes with, and one server behind it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listening } from './free-port.mjs';

export class Haproxy {
  #folder;
  #process;
  url;

  /** HTTP/1.1 on both sides. */
  static start(port, upstream) {
    return Haproxy.#start(port, upstream, {});
  }

  /** To the server it speaks HTTP/2, whatever the client speaks: an upgrade becomes an extended CONNECT (RFC 8441). */
  static startToHttp2(port, upstream) {
    return Haproxy.#start(port, upstream, { server: 'proto h2' });
  }

  /** From the client it takes HTTP/2 without TLS; to the server it speaks HTTP/1.1, and names it as its host. */
  static startFromHttp2(port, upstream) {
    const rule = `http-request set-header Host ${new URL(upstream).host}`;
    return Haproxy.#start(port, upstream, { bind: 'proto h2', rule });
  }

  static async #start(port, upstream, { bind = '', rule = '', server = '' }) {
    const haproxy = new Haproxy();
    haproxy.url = `http://127.0.0.1:${port}`;
    haproxy.#folder = await mkdtemp(join(tmpdir(), 'chinwag-haproxy-'));
    const file = join(haproxy.#folder, 'haproxy.cfg');
    await writeFile(file, `
      defaults
        mode http
        timeout connect 5000
        timeout client 50000
        timeout server 50000
      frontend web
        bind 127.0.0.1:${port} ${bind}
        ${rule}
        default_backend chinwag
      backend chinwag
        server one ${new URL(upstream).host} ${server}
`);
    // -db: in the foreground.
    haproxy.#process = spawn('haproxy', ['-db', '-q', '-f', file], { stdio: ['ignore', 'ignore', 'inherit'] });
    await listening(port, haproxy.#process);
    return haproxy;
  }

  async stop() {
    if (this.#process.exitCode === null) {
      this.#process.kill();
      await once(this.#process, 'exit');
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}
