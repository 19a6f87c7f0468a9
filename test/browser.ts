import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { chromium, type Browser } from 'playwright-core';
import { CHROMIUM_ARGUMENTS, findChromium } from '../scripts/chromium.js';

/**
 * Describes what needs a browser. Where there is none its tests are skipped, and the name says so, unless `CI` is
 * `true`: they fail then.
 */
export function describeInBrowser(name: string, body: (browser: () => Browser) => void): void {
  const executablePath = findChromium();
  if (executablePath === null && process.env['CI'] !== 'true') {
    describe(name, () => {
      it.skip('needs a browser, and this machine has none', () => undefined);
    });
    return;
  }
  describe(name, () => {
    let browser: Browser | null = null;
    beforeAll(async () => {
      if (executablePath === null) throw new Error('This machine has no browser, and CI demands one');
      browser = await chromium.launch({ executablePath, args: [...CHROMIUM_ARGUMENTS] });
    });
    afterAll(async () => {
      await browser?.close();
    });
    body(() => browser as Browser);
  });
}
