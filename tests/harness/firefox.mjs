// Debian's Firefox, driven by WebDriver BiDi.
import { execFileSync } from 'node:child_process';
import puppeteer from 'puppeteer-core';

export function launchFirefox() {
  const executablePath = execFileSync('which', ['firefox-esr'], { encoding: 'utf8' }).trim();
  return puppeteer.launch({
    browser: 'firefox',
    executablePath,
    acceptInsecureCerts: true,
    // It talks to its maker otherwise.
    extraPrefsFirefox: {
      'app.normandy.enabled': false,
      'browser.safebrowsing.downloads.remote.enabled': false,
      'network.captive-portal-service.enabled': false,
      'network.connectivity-service.enabled': false,
      'services.settings.server': 'data:,#remote-settings-dummy/v1',
    },
  });
}

/** A page with cookies and storage of its own. */
export async function newFirefoxDevice(firefox) {
  return (await firefox.createBrowserContext()).newPage();
}
