import type { StatelyInspectionEvent } from '@statelyai/inspect';
import { execFileSync } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';

interface Received {
  readonly received: StatelyInspectionEvent[];
}

/** A page in a browser that keeps what it receives, with the Stately inspector's own receivers. */
export class ReceiverPage {
  readonly #server: Server | null;
  readonly #page: Page;

  private constructor(server: Server | null, page: Page) {
    this.#server = server;
    this.#page = page;
  }

  /**
   * The relay's own page, as it answers no other, with a receiver beside its own. Resolves once that has begun to connect.
   *
   * @param relay the URL of its page
   */
  static async ofRelay(browser: Browser, relay: string): Promise<ReceiverPage> {
    const page = await browser.newPage();
    const query = encodeURIComponent(relay.replace(/^http/, 'ws'));
    // What it shows in its frame is on the web.
    await page.goto(`${relay}/?${query}`, { waitUntil: 'commit' });
    const socket = page.waitForEvent('websocket');
    await page.addScriptTag({ type: 'module', content: compiled('page-of-receiver.ts') });
    await socket;
    return new ReceiverPage(null, page);
  }

  /** A page that receives from an actor of its own. */
  static async ofActor(browser: Browser): Promise<ReceiverPage> {
    const page = await browser.newPage();
    const server = await serve('page-of-actor.ts');
    await page.goto(urlOf(server));
    return new ReceiverPage(server, page);
  }

  /** All that has come when this many snapshots of actors of that name have. */
  async received(name: string, snapshots: number): Promise<StatelyInspectionEvent[]> {
    await this.#page.waitForFunction(
      ([name, snapshots]) => {
        const { received } = window as unknown as Received;
        const ids = received.flatMap((each) =>
          each.type === '@xstate.actor' && each.name === name ? [each.sessionId] : [],
        );
        const shown = received.filter(
          ({ type, sessionId }) => type === '@xstate.snapshot' && ids.includes(sessionId),
        );
        return shown.length >= snapshots;
      },
      [name, snapshots] as const,
    );
    return this.#page.evaluate(() => (window as unknown as Received).received);
  }

  async close(): Promise<void> {
    await this.#page.close();
    this.#server?.closeAllConnections();
    this.#server?.close();
  }
}

function compiled(source: string): string {
  const options = [`${import.meta.dirname}/${source}`, '--bundle', '--format=esm'];
  return execFileSync('node_modules/.bin/esbuild', options, { encoding: 'utf8' });
}

/** Serves a page with a script, which is compiled for it. */
async function serve(source: string): Promise<Server> {
  const script = compiled(source);
  const server = createServer((request, response) => {
    const isScript = request.url === '/page.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : '<!doctype html><body><script type="module" src="/page.js"></script>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
