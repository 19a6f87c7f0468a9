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
  readonly #server: Server;
  readonly #page: Page;

  private constructor(server: Server, page: Page) {
    this.#server = server;
    this.#page = page;
  }

  /** Resolves once the page has begun to connect to a relay. @param relay the URL of its page */
  static async ofRelay(browser: Browser, relay: string): Promise<ReceiverPage> {
    const page = await browser.newPage();
    const socket = page.waitForEvent('websocket');
    const query = encodeURIComponent(relay.replace(/^http/, 'ws'));
    const receiver = await ReceiverPage.#open(page, 'page-of-receiver.ts', query);
    await socket;
    return receiver;
  }

  /** A page that receives from an actor of its own. */
  static async ofActor(browser: Browser): Promise<ReceiverPage> {
    return ReceiverPage.#open(await browser.newPage(), 'page-of-actor.ts');
  }

  static async #open(page: Page, source: string, query = ''): Promise<ReceiverPage> {
    const script = execFileSync('node_modules/.bin/esbuild', [
      `${import.meta.dirname}/${source}`,
      '--bundle',
      '--format=esm',
    ]);
    const server = createServer((request, response) => {
      const isScript = request.url === '/page.js';
      response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
      response.end(isScript ? script : '<!doctype html><body><script type="module" src="/page.js"></script>');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await page.goto(`http://127.0.0.1:${port}/?${query}`);
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
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
