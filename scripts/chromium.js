import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
/** Nothing that a test or a screenshot needs, and nothing that it would ask the internet for. */
export const CHROMIUM_ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * The Chromium of this machine: the one that `CHROMIUM` names, Playwright's own, or the system's; null without one.
 *
 * @returns {string | null}
 */
export function findChromium() {
  const named = process.env['CHROMIUM'];
  const places = [...(named === undefined ? [] : [named]), chromium.executablePath(), ...PLACES];
  return places.find((place) => existsSync(place)) ?? null;
}
