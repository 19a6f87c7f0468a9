import { createInspectorServer } from '@statelyai/inspect/server';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { request } from 'node:http';
import { startInspectorRelay, type InspectorRelay } from '../../../src/command/run/inspector-relay.js';

let relay: InspectorRelay;

beforeEach(async () => {
  relay = await startInspectorRelay(0, createInspectorServer);
});

afterEach(() => {
  relay.stop();
});

/** The status of an answer, 101 for a connection; null where it is cut. */
function statusOf(headers: Record<string, string>): Promise<number | null> {
  return new Promise((resolve) => {
    request({ port: relay.port, host: '127.0.0.1', headers: { host: `localhost:${relay.port}`, ...headers } })
      .on('response', (response) => {
        response.resume();
        resolve(Number(response.statusCode));
      })
      .on('upgrade', (_, socket) => {
        socket.destroy();
        resolve(101);
      })
      .on('error', () => {
        resolve(null);
      })
      .end();
  });
}

const UPGRADE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

describe("the relay of Stately's inspector", () => {
  it.each<[string, (port: number) => Record<string, string>, number | null, number]>([
    ['a program', () => ({}), 101, 200],
    ['its page', (port) => ({ origin: `http://localhost:${port}` }), 101, 200],
    ['its page under its address', (port) => ({ origin: `http://127.0.0.1:${port}` }), 101, 200],
    ['a page of the web', () => ({ origin: 'https://evil.example' }), null, 403],
    ['a page on another port', () => ({ origin: 'http://localhost:1' }), null, 403],
    ['a page under a foreign name', () => ({ host: 'evil.example' }), null, 403],
  ])('is asked by %s', async (_, headersOf, connected, answered) => {
    const headers = headersOf(relay.port);
    expect([await statusOf({ ...UPGRADE, ...headers }), await statusOf(headers)]).toEqual([
      connected,
      answered,
    ]);
  });

  it('is shown in no frame, and loaded by no other site', async () => {
    const { headers } = await fetch(`http://localhost:${relay.port}`);
    expect([headers.get('x-frame-options'), await statusOf({ 'sec-fetch-site': 'cross-site' })]).toEqual([
      'DENY',
      403,
    ]);
  });
});
