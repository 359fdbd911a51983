// Debian's Chromium, and pages that keep a record of everything that goes wrong in them.
import { execFileSync } from 'node:child_process';
import { chromium } from 'playwright-core';

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

/** A name for the machine that is not local to a browser: what it allows on secure origins only is missing there. */
export const PUBLIC_NAME = 'chat.example';

/** With `netLog`, it writes what it does on the network into that file, which is whole when it has been closed. */
export function launch({ netLog } = {}) {
  const executablePath = execFileSync('which', ['chromium'], { encoding: 'utf8' }).trim();
  const args = [...FLAGS, `--host-resolver-rules=MAP ${PUBLIC_NAME} 127.0.0.1`];
  if (netLog !== undefined) args.push(`--log-net-log=${netLog}`);
  return chromium.launch({ executablePath, args });
}

/** A page with cookies and storage of its own. */
export async function newDevice(browser, options = {}) {
  return newTab(await browser.newContext(options));
}

/** `page.complaints` collects what its console shows as an error, what it throws, and what its policy blocks. */
export async function newTab(context) {
  const page = await context.newPage();
  page.complaints = [];
  page.on('console', (message) => {
    if (message.type() === 'error') page.complaints.push(`${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => page.complaints.push(String(error)));
  await page.exposeFunction('complain', (text) => page.complaints.push(text));
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => {
      window.complain(`blocked: ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  return page;
}
