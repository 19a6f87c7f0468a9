// Takes the screenshots of the README: the example agents as they were built, and a drain under way, of which a request
// is waited for. `CHROMIUM` names the browser where it is not in one of the usual places.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';
import { CHROMIUM_ARGUMENTS, findChromium } from './chromium.js';

const FOLDER = 'docs/images';
const AGENT = 'slow-echo';
const viewport = { width: 1200, height: 900 };

const executablePath = findChromium();
if (executablePath === null) throw new Error('This machine has no Chromium');
mkdirSync(FOLDER, { recursive: true });

const browser = await chromium.launch({ executablePath, args: CHROMIUM_ARGUMENTS });
for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  await withHost(async (url) => {
    const page = await (await browser.newContext({ viewport, colorScheme })).newPage();
    await page.goto(url);
    await page.locator('.option', { hasText: AGENT }).click();
    await page.waitForSelector('.node.active[data-node="running.serving"]');
    // Spins for longer than the screenshot takes; it is cut with its host.
    void fetch(`${url}/agents/${AGENT}/requests`, { method: 'POST', body: '50000 and back' }).catch(
      () => null,
    );
    await page.getByText('1 of 1', { exact: true }).waitFor();
    await page.click('[data-command="drain"]');
    await page.waitForSelector('.edge.taken[data-target="draining"]');
    await page.waitForSelector('.node.active[data-node="draining.awaitingRequests"]');
    await page.getByText(/^59\.\d s left/).waitFor();
    await page.screenshot({ path: `${FOLDER}/page-${colorScheme}.png` });
  });
}
await browser.close();

/** @param {(url: string) => Promise<void>} act */
async function withHost(act) {
  const host = spawn(
    process.execPath,
    ['packages/agent-lifecycle/bin.js', 'run', 'examples/agents.json', '--port', '0'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const exited = once(host, 'exit');
  try {
    for await (const line of createInterface(host.stdout)) {
      const url = / on (http:\/\/\S+)$/.exec(line)?.[1];
      if (url === undefined) continue;
      await act(url);
      break;
    }
  } finally {
    host.kill('SIGKILL');
    await exited;
  }
}
