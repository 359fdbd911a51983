// nginx as its manual's first page has it: `proxy_pass`, and every other setting left alone. Or, for WebSockets, as its
// page on these has it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listening } from './free-port.mjs';

const UPGRADES = `
  proxy_http_version 1.1;
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection $connection_upgrade;`;

const CACHE = `
  proxy_cache answers;
  add_header X-Cache $upstream_cache_status always;`;

export class Nginx {
  #folder;
  #process;
  url;

  static start(port, upstream) {
    return Nginx.#start(port, upstream, '');
  }

  /** By itself it does not pass on that a client asks for a WebSocket. */
  static startWithUpgrades(port, upstream) {
    return Nginx.#start(port, upstream, UPGRADES);
  }

  /** Keeps answers that may be kept, by its default key, and says whether it had one. */
  static startWithCache(port, upstream) {
    return Nginx.#start(port, upstream, CACHE);
  }

  static async #start(port, upstream, settings) {
    const nginx = new Nginx();
    nginx.url = `http://127.0.0.1:${port}`;
    nginx.#folder = await mkdtemp(join(tmpdir(), 'chinwag-nginx-'));
    // Only places and the way of running differ from the defaults, never what happens to a request.
    const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`);
    await writeFile(join(nginx.#folder, 'nginx.conf'), `
      daemon off; master_process off; pid nginx.pid; error_log stderr; events {}
      http {
        access_log off; ${places.join(' ')}
        proxy_cache_path answers keys_zone=answers:1m;
        map $http_upgrade $connection_upgrade { default upgrade; '' close; }
        server { listen 127.0.0.1:${port}; location / { proxy_pass ${upstream}; ${settings} } }
      }`);
    const options = ['-p', nginx.#folder, '-c', 'nginx.conf', '-e', 'stderr'];
    nginx.#process = spawn('nginx', options, { stdio: ['ignore', 'ignore', 'inherit'] });
    await listening(port, nginx.#process);
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
