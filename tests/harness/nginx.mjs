// nginx as its manual's first page has it: `proxy_pass`, and every other setting left alone.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** nginx cannot choose a port by itself. */
export async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

export class Nginx {
  #folder;
  #process;
  url;

  static async start(port, upstream) {
    const nginx = new Nginx();
    nginx.url = `http://127.0.0.1:${port}`;
    nginx.#folder = await mkdtemp(join(tmpdir(), 'chinwag-nginx-'));
    // Only places and the way of running differ from the defaults, never what happens to a request.
    const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`);
    await writeFile(join(nginx.#folder, 'nginx.conf'), `
      daemon off; master_process off; pid nginx.pid; error_log stderr; events {}
      http {
        access_log off; ${places.join(' ')}
        server { listen 127.0.0.1:${port}; location / { proxy_pass ${upstream}; } }
      }`);
    const options = ['-p', nginx.#folder, '-c', 'nginx.conf', '-e', 'stderr'];
    nginx.#process = spawn('nginx', options, { stdio: ['ignore', 'ignore', 'inherit'] });
    while (!(await accepts(port))) {
      if (nginx.#process.exitCode !== null) throw new Error('nginx does not start');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return nginx;
  }

  async stop() {
    if (this.#process.exitCode === null) {
      this.#process.kill();
      await once(this.#process, 'exit');
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

const accepts = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
