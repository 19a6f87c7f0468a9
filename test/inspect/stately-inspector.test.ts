import type { StateValue } from 'xstate';
import { afterEach, expect, describe, it } from '@jest/globals';
import { createWebSocketInspector, type StatelyInspectionEvent } from '@statelyai/inspect';
import { createInspectorServer } from '@statelyai/inspect/server';
import { createHash } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { startInspectorRelay } from '../../packages/agent-lifecycle/src/command/run/inspector-relay.js';
import { startStatelyInspector } from '../../packages/agent-lifecycle/src/command/run/stately-inspector.js';
import type { Agent, JournalEntry } from '../../src/index.js';
import { inspectHost, type InspectedEvent } from '../../src/inspect/index.js';
import { statePath } from '../../src/chart/state-path.js';
import { describeInBrowser } from '../browser.js';
import { hostWith, runningAgent, turn } from '../host/host-rig.js';
import { ReceiverPage } from './receiver-page.js';

/** What is to be undone after a test, the last first. */
const after: (() => unknown)[] = [];

afterEach(async () => {
  for (const undo of after.splice(0).reverse()) await undo();
});

async function listen(server: Server, port = 0): Promise<number> {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const upgradeOf = (port: number) =>
  [
    'GET / HTTP/1.1',
    `Host: localhost:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    '\r\n',
  ].join('\r\n');

/** Has each event weigh 100 kB. */
const HEAVY = {
  maxLength: 10_000,
  sanitize: (event: InspectedEvent): InspectedEvent =>
    event.type === '@xstate.event'
      ? { ...event, event: { ...event.event, load: Array(10).fill('x'.repeat(10_000)) } }
      : event,
};

/** Resolves when the next connection to a port has ended, at the port's end of it. */
function connectionEnd(port: number): Promise<unknown> {
  return new Promise((resolve) => {
    const admit = (message: unknown) => {
      const { socket } = message as { socket: Socket };
      if (socket.localPort !== port) return;
      unsubscribe('net.server.socket', admit);
      socket.once('close', resolve);
    };
    subscribe('net.server.socket', admit);
  });
}

type Change = readonly [name: string, event: string | null, from: unknown, to: unknown];

/** The steps of the chart, by the snapshots of all lifecycles. */
function changesIn(received: readonly StatelyInspectionEvent[]): Change[] {
  const names = new Map<string, string>();
  const states = new Map<string, string>();
  return received.flatMap((each): Change[] => {
    const { sessionId } = each;
    if (each.type === '@xstate.actor' && !names.has(sessionId)) names.set(sessionId, each.name);
    if (each.type !== '@xstate.snapshot') return [];
    const name = String(names.get(sessionId));
    const { value } = each.snapshot as { value?: StateValue };
    if (value === undefined || !name.includes('#')) return [];
    const state = statePath(value);
    const before = states.get(sessionId) ?? 'unloaded.idle';
    states.set(sessionId, state);
    return before === state ? [] : [[name, each.event.type, before, state]];
  });
}

/** The transitions in a journal, whose instances have these version numbers. */
function changesOf(agent: Agent, versions: readonly number[]): Change[] {
  return agent.journal.entries
    .filter((entry): entry is JournalEntry & { type: 'transition' } => entry.type === 'transition')
    .map(({ generation, event, from, to }) => [
      `${agent.name} v${String(versions[generation - 1])} #${generation}`,
      event,
      from,
      to,
    ]);
}

describeInBrowser('the Stately inspector, in a browser', (browser) => {
  it('receives the transitions that the journal has, in their order, and no secrets', async () => {
    const { host, deploy } = hostWith();
    const inspector = await startStatelyInspector(host, 0);
    after.push(() => inspector.close());
    const page = await ReceiverPage.ofRelay(browser(), inspector.url);
    after.push(() => page.close());

    const agent = deploy({ restart: { type: 'temporary' } });
    await agent.run();
    await agent.request({ card: '4111-1111' });
    await agent.load();
    await agent.swap({ versionNumber: 2 });
    await agent.fail('password: hunter2');
    await agent.run();
    agent.renew();
    await agent.run();
    await agent.drain();

    const received = await page.received('agent v2 #3', 8);
    expect(changesIn(received)).toEqual(changesOf(agent, [1, 2, 2]));
    expect(changesIn(received)).toContainEqual(['agent v2 #2', 'agent.fail', 'running.serving', 'failed']);
    const text = JSON.stringify(received);
    expect(['4111-1111', 'hunter2'].filter((secret) => text.includes(secret))).toEqual([]);
  });

  it('receives the chart of an actor, by which it can be drawn', async () => {
    const { host } = await runningAgent();
    const inspector = await startStatelyInspector(host, 0);
    after.push(() => inspector.close());
    const page = await ReceiverPage.ofRelay(browser(), inspector.url);
    after.push(() => page.close());
    await host.agent('agent').drain();
    const received = await page.received('agent v1 #1', 1);
    const introduction = received.find(
      (each) => each.type === '@xstate.actor' && each.name === 'agent v1 #1',
    );
    const { definition, snapshot } = introduction as { definition?: string; snapshot: { value: unknown } };
    const { id, states } = JSON.parse(String(definition)) as { id: string; states: object };
    expect([id, Object.keys(states).sort(), snapshot.value]).toEqual([
      'agentLifecycle',
      ['draining', 'failed', 'loaded', 'ready', 'running', 'stopped', 'unloaded'],
      { running: 'serving' },
    ]);
  });

  it('receives what happens to an actor in the page itself', async () => {
    const page = await ReceiverPage.ofActor(browser());
    after.push(() => page.close());
    const received = await page.received('agent v1 #1', 4);
    expect(changesIn(received)).toEqual([
      ['agent v1 #1', 'agent.load', 'unloaded.idle', 'unloaded.loading'],
      ['agent v1 #1', 'xstate.done.actor.loading', 'unloaded.loading', 'loaded.idle'],
      ['agent v1 #1', 'agent.fail', 'loaded.idle', 'failed'],
    ]);
    expect(JSON.stringify(received)).not.toContain('hunter2');
  });

  it('receives all that the buffer held when the relay came late, and how much it did not hold', async () => {
    const port = await freePort();
    const inspector = createWebSocketInspector({ url: `ws://127.0.0.1:${port}`, autoStart: false });
    const { host, agent } = await runningAgent();
    const inspection = inspectHost(host, { inspector, bufferSize: 500 });
    after.push(inspection.stop);
    // Four each, two events and the snapshots after them; beside those two that introduce the actors.
    for (let count = 0; count < 300; count++) (await agent.accept()).release();
    expect(inspection.stats()).toEqual({ sent: 0, dropped: 702, errors: 0 });

    const relay = createInspectorServer({ port, autoOpen: false });
    const page = await ReceiverPage.ofRelay(browser(), `http://127.0.0.1:${port}`);
    inspector.start();
    after.push(
      () => {
        relay.stop();
      },
      () => page.close(),
      () => {
        inspector.stop();
      },
    );
    const received = await page.received('agent v1 #1', 250);
    expect(
      received.map((each) => (each.type === '@xstate.event' ? each.event : each.type)).slice(0, 4),
    ).toEqual([
      '@xstate.actor',
      { type: 'inspection.dropped', count: 702 },
      '@xstate.actor',
      { type: 'request.accept' },
    ]);
    expect([received.length, inspection.stats()]).toEqual([503, { sent: 500, dropped: 702, errors: 0 }]);
  });
});

describe('the relay of the Stately inspector', () => {
  it('is reached by loopback only', async () => {
    const inspector = await startStatelyInspector(hostWith().host, 0);
    after.push(() => inspector.close());
    const { port } = new URL(inspector.url);
    const page = await (await fetch(`http://127.0.0.1:${port}`)).text();
    expect(page).toContain(`new WebSocket('ws://localhost:${port}')`);
    // All of 127.0.0.0/8 reaches this machine, on Linux without any setup.
    if (process.platform === 'linux')
      await expect(fetch(`http://127.0.0.2:${port}`)).rejects.toThrow('fetch failed');
  });

  it('is refused where something else listens', async () => {
    const other = createServer();
    const port = await listen(other);
    after.push(() => other.close());
    await expect(startStatelyInspector(hostWith().host, port)).rejects.toMatchObject({
      name: 'InspectError',
      code: 'PortInUse',
    });
  });
});

describe('a page that has stopped reading', () => {
  it('is disconnected, before what waits for it fills the memory', async () => {
    const { host, agent } = await runningAgent();
    const relay = await startInspectorRelay(0, createInspectorServer);
    after.push(() => {
      relay.stop();
    });
    const isGone = connectionEnd(relay.port);
    const page = connect(relay.port, '127.0.0.1').on('error', () => undefined);
    after.push(() => page.destroy());
    page.write(upgradeOf(relay.port));
    await once(page, 'data');
    page.pause();

    const inspector = createWebSocketInspector({ url: `ws://127.0.0.1:${relay.port}` });
    after.push(() => {
      inspector.stop();
    });
    const inspection = inspectHost(host, { inspector, ...HEAVY, rate: 10_000, bufferSize: 2_000 });
    after.push(inspection.stop);
    for (let count = 0; count < 300; count++) (await agent.accept()).release();
    await isGone;
    expect(inspection.stats()).toMatchObject({ dropped: 0, errors: 0 });
  });
});

describe('a websocket inspector', () => {
  it('whose receiver reads nothing is left to itself, and the agents go on', async () => {
    const sockets: Duplex[] = [];
    const deaf = createHttpServer().on('upgrade', (request, socket) => {
      const key = `${String(request.headers['sec-websocket-key'])}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
      const accept = createHash('sha1').update(key).digest('base64');
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      socket.pause();
      sockets.push(socket);
    });
    const port = await listen(deaf);
    after.push(() => {
      for (const socket of sockets) socket.destroy();
      deaf.close();
    });
    const { host, agent } = await runningAgent();
    const inspector = createWebSocketInspector({ url: `ws://127.0.0.1:${port}` });
    after.push(() => {
      inspector.stop();
    });
    const inspection = inspectHost(host, { inspector, ...HEAVY, rate: 10_000, bufferSize: 100 });
    after.push(inspection.stop);
    while (inspection.stats().dropped < 10_000) {
      (await agent.accept()).release();
      await turn();
    }
    const { ws } = inspector.adapter as unknown as { ws: WebSocket };
    // That of one batch, above the limit of what a socket may keep.
    expect(ws.bufferedAmount).toBeLessThan(1024 * 1024 + 100 * 110_000);
    expect(await agent.request('still here')).toBe('still here');
  });
});
