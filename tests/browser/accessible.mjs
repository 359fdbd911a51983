// What axe-core finds wrong for people who cannot see the page, or see it badly.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Checks the page as it is now, an open dialog included. */
export async function assertAccessible(page) {
  // As the debugger does it: the page's own policy allows no script from elsewhere.
  await page.evaluate(AXE);
  const violations = await page.evaluate(async () => {
    // Colours are judged as they are, not as they fade in.
    await Promise.all(document.getAnimations().map(({ finished }) => finished.catch(() => {})));
    const { violations } = await window.axe.run(document, { resultTypes: ['violations'] });
    return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`);
  });
  assert.deepEqual(violations, []);
}
