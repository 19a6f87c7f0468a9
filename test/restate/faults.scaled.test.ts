import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { agentLifecycleChart as chart } from '../../machines/agent-lifecycle.machine.js';
import { createLifecycleClient, type LifecycleClient } from '../../src/restate/index.js';
import { itSlow, scaled } from '../scale.js';
import { eventually } from './eventually.js';
import { HostProcess, killHosts, type HostProcessOptions } from './host-process.js';
import { Proxy } from './proxy.js';
import { freePorts, RestateTestServer } from './restate-server.js';

let server: RestateTestServer;
let client: LifecycleClient;
/** Serves the agents' objects, whatever becomes of hosts. */
let objects: HostProcess | null = null;
let count = 0;
/** What follows `~` are the real milliseconds of each delay. */
const newName = (delay = 300_000) => `agent ${++count}~${delay}`;

const startHost = (options: Partial<HostProcessOptions>) =>
  HostProcess.start({ ingress: server.ingress, admin: server.admin, host: 'one', ...options });

beforeAll(async () => {
  server = await RestateTestServer.start();
  client = createLifecycleClient({ ingress: server.ingress });
});

/** Who has registered last serves the objects. */
const serveObjects = (leasePeriod: number) => async () => {
  objects?.kill();
  objects = await startHost({ host: 'objects', parts: 'objects', countTimeout: 300, leasePeriod });
};

afterEach(() => {
  killHosts(...(objects === null ? [] : [objects]));
});

afterAll(async () => {
  killHosts();
  await server.dispose();
});

/** A process that is killed in each operation: the command that begins it, where it leads, and what is done again. */
const OPERATIONS = [
  { operation: 'loading', from: 'unloaded', again: ['loading 2'] },
  { operation: 'instantiating', from: 'loaded', again: ['loading 2', 'instantiating 2'] },
  { operation: 'unloading', from: 'loaded', again: ['unloading 2'] },
  { operation: 'starting', from: 'ready', again: ['loading 2', 'instantiating 2', 'starting 2'] },
  { operation: 'stopping', from: 'ready', again: ['stopping 2'] },
  { operation: 'stopping', from: 'running', again: ['stopping 2'] },
] as const;

const UP = ['agent.load', 'agent.instantiate', 'agent.start'] as const;

/** Brings an agent to a state. */
async function bringTo(agent: string, state: (typeof OPERATIONS)[number]['from']): Promise<void> {
  for (const type of UP) {
    if ((await client.status(agent)).state === state) return;
    await client.command(agent, { type });
    await client.waitFor(agent, chart.targetOf(type) ?? state);
  }
}

describe('when a process that serves all is killed', () => {
  it.each(scaled({ quick: OPERATIONS.slice(-3, -2), slow: [...OPERATIONS] }))(
    'in $operation of an agent that is $from, the next process goes on with it',
    async ({ operation, from, again }) => {
      const [port] = await freePorts(1);
      const options = { port: Number(port), countTimeout: 300 };
      // With the objects of agents: those wait for the next process, too.
      const first = await startHost({ ...options, hold: [operation] });
      const agent = newName();
      await client.deploy(agent, { host: 'one', driver: 'scripted' });
      await bringTo(agent, from);
      const command = chart.events.find((type) => chart.operationBegunBy(type, from, null) === operation);
      await client.command(agent, { type: String(command) });
      await first.untilCalled(agent, operation);
      expect((await client.status(agent)).attempt).toBe(1);
      first.kill();
      await first.exited;
      const second = await startHost(options);
      const target = chart.targetOfOperation(from, operation);
      await client.waitFor(agent, target);
      const isOver = chart.isFinal(target);
      if (isOver) await second.untilCalled(agent, 'disposing');
      expect(second.callsFor(agent)).toEqual([...again, ...(isOver ? ['disposing 1'] : [])]);
      expect(first.callsFor(agent).at(-1)).toBe(`${operation} 1`);
    },
  );
});

describe('when the process of a host is killed', () => {
  beforeAll(serveObjects(1_000));

  it('its agents that ran are found to be lost, and run again as the next generation', async () => {
    const [port] = await freePorts(1);
    const options = { parts: 'host', port: Number(port) } as const;
    const first = await startHost(options);
    const agent = newName();
    const spec = { host: 'one', driver: 'scripted' };
    await client.deploy(agent, spec);
    await client.run(agent);
    await first.untilServing(agent);
    first.kill();
    const { position } = await client.waitFor(agent, 'failed');
    expect(position.context.failureReason).toBe('The host one was lost: it has not renewed its lease');
    const second = await startHost(options);
    expect((await client.deploy(agent, spec)).generation).toBe(2);
    await client.run(agent);
    await second.untilServing(agent);
  });

  itSlow('ends in order when it is told to: its agents are drained', async () => {
    const host = await startHost({ parts: 'host' });
    const [agent, unloaded] = [newName(), newName()];
    for (const name of [agent, unloaded]) await client.deploy(name, { host: 'one', driver: 'scripted' });
    await client.run(agent);
    await client.command(unloaded, { type: 'agent.load' });
    await client.waitFor(unloaded, 'loaded');
    await host.untilServing(agent);
    await host.accept(agent);
    const closed = host.close();
    await client.waitFor(agent, 'draining');
    await host.complete(agent);
    await closed;
    const ends = await Promise.all([agent, unloaded].map(async (name) => (await client.status(name)).state));
    expect(ends).toEqual(['stopped', 'failed']);
  });
});

describe('when a host does not answer', () => {
  beforeAll(serveObjects(10_000));

  itSlow('a drain waits for its word, and for no request of which it then knows nothing', async () => {
    const host = await startHost({ parts: 'host' });
    const agent = newName();
    await client.deploy(agent, { host: 'one', driver: 'scripted' });
    await client.run(agent);
    await host.untilServing(agent);
    host.pause();
    const { status } = await client.command(agent, { type: 'agent.drain' });
    expect([status.leaf, status.position.context.pendingRequests]).toEqual(['draining.awaitingRequests', 1]);
    host.resume();
    const { context } = (await client.waitFor(agent, 'stopped')).position;
    expect([context.forced, context.pendingRequests]).toEqual([false, 0]);
  });
});

describe('when a host is killed that served requests, and comes back', () => {
  beforeAll(serveObjects(10_000));

  itSlow('its agent is stopped by force, and abandons the requests that were last known', async () => {
    const first = await startHost({ parts: 'host' });
    const [busy, idle] = [newName(), newName()];
    for (const agent of [busy, idle]) {
      await client.deploy(agent, { host: 'one', driver: 'scripted' });
      await client.run(agent);
      await first.untilServing(agent);
    }
    await first.accept(busy);
    await eventually(async () => (await client.status(busy)).position.context.pendingRequests === 1);
    first.kill();
    await startHost({ parts: 'host' });
    const ends: unknown[] = [];
    for (const agent of [busy, idle]) {
      await client.command(agent, { type: 'agent.stop' });
      const { context } = (await client.waitFor(agent, 'stopped')).position;
      ends.push([context.forced, context.pendingRequests]);
    }
    expect(ends).toEqual([
      [true, 1],
      [true, 0],
    ]);
  });
});

describe('when another process comes up under the name of a host', () => {
  beforeAll(serveObjects(1_000));

  itSlow('a drain waits for what the first one serves', async () => {
    const first = await startHost({ host: 'same', parts: 'host' });
    const agent = newName();
    await client.deploy(agent, { host: 'same', driver: 'scripted' });
    await client.run(agent);
    await first.untilServing(agent);
    await first.accept(agent);
    await startHost({ host: 'same', parts: 'host' });
    const { status } = await client.command(agent, { type: 'agent.drain' });
    expect([status.leaf, status.position.context.pendingRequests]).toEqual(['draining.awaitingRequests', 1]);
    await first.complete(agent);
    const { context } = (await client.waitFor(agent, 'stopped')).position;
    expect([context.forced, context.pendingRequests]).toEqual([false, 0]);
  });

  itSlow('its next generation serves once the lease of the first has run out, and not before', async () => {
    const first = await startHost({ host: 'same', parts: 'host' });
    const other = await startHost({ host: 'other', parts: 'host' });
    const agent = newName();
    await client.deploy(agent, { host: 'same', driver: 'scripted' });
    await client.run(agent);
    await first.untilServing(agent);
    await startHost({ host: 'same', parts: 'host' });
    await client.command(agent, { type: 'agent.fail' });
    await client.deploy(agent, { host: 'other', driver: 'scripted' });
    await client.run(agent);
    let haveBothServed = false;
    await eventually(async () => {
      // In this order: where the other serves, the first serves no more.
      const [isOther, isFirst] = [await other.isServing(agent), await first.isServing(agent)];
      haveBothServed ||= isOther && isFirst;
      return isOther;
    });
    expect(haveBothServed).toBe(false);
  });
});

describe('when a host is told to end at once', () => {
  itSlow('its agents are stopped, whatever is pending', async () => {
    const host = await startHost({ parts: 'host' });
    const agent = newName();
    await client.deploy(agent, { host: 'one', driver: 'scripted' });
    await client.run(agent);
    await host.untilServing(agent);
    await host.accept(agent);
    const drained = host.close();
    await client.waitFor(agent, 'draining');
    await host.close({ force: true });
    await drained;
    const { state, position } = await client.status(agent);
    expect([state, position.context.forced, position.context.pendingRequests]).toEqual(['stopped', true, 1]);
  });
});

describe('when the server is killed in the middle of a drain', () => {
  beforeAll(serveObjects(10_000));

  it('the drain goes on when it is back, and a timeout that was due fires', async () => {
    const host = await startHost({ parts: 'host' });
    const [patient, impatient] = [newName(), newName(4_000)];
    for (const agent of [patient, impatient]) {
      await client.deploy(agent, { host: 'one', driver: 'scripted' });
      await client.run(agent);
      await host.untilServing(agent);
      await host.accept(agent);
    }
    for (const agent of [patient, impatient]) await client.command(agent, { type: 'agent.drain' });
    await server.kill();
    await host.complete(patient);
    await server.start();
    const ended = await Promise.all(
      [patient, impatient].map(async (agent) => (await client.waitFor(agent, 'stopped')).position.context),
    );
    expect(ended.map(({ forced, pendingRequests }) => [forced, pendingRequests])).toEqual([
      [false, 0],
      [true, 1],
    ]);
    for (const agent of [patient, impatient]) await host.untilCalled(agent, 'disposing');
    expect(host.callsFor(patient)).toEqual(host.callsFor(impatient));
    expect(host.callsFor(patient).filter((call) => call.startsWith('stopping'))).toEqual(['stopping 1']);
  });

  itSlow('an operation that is carried out meanwhile is not begun again', async () => {
    const host = await startHost({ parts: 'host', hold: ['loading'] });
    const agent = newName();
    await client.deploy(agent, { host: 'one', driver: 'scripted' });
    await client.command(agent, { type: 'agent.load' });
    await host.untilCalled(agent, 'loading');
    await server.kill();
    await server.start();
    await host.settle(agent, 'loading');
    await client.waitFor(agent, 'loaded');
    expect([host.callsFor(agent), host.aborted]).toEqual([['loading 1'], []]);
  });
});

describe('two hosts that fight over an agent', () => {
  beforeAll(serveObjects(1_000));

  /** The first is reached, and reaches Restate, through proxies that can be cut. */
  async function twoHosts() {
    const [port] = await freePorts(1);
    const proxies = [
      await Proxy.to(server.ingress),
      await Proxy.to(`http://127.0.0.1:${port ?? 0}`),
    ] as const;
    const [ingress, advertised] = [proxies[0].url, proxies[1].url];
    const first = await startHost({ host: 'first', parts: 'host', ingress, advertised, port: Number(port) });
    const second = await startHost({ host: 'second', parts: 'host' });
    const agent = newName();
    await client.deploy(agent, { host: 'first', driver: 'scripted' });
    await client.run(agent);
    await first.untilServing(agent);
    return {
      agent,
      first,
      second,
      cut: () => {
        for (const proxy of proxies) proxy.cut();
      },
      mend: () => {
        for (const proxy of proxies) proxy.mend();
      },
      close: () => {
        for (const proxy of proxies) proxy.close();
      },
    };
  }

  itSlow('never serve both, and in the end the newer generation does, when the one was cut off', async () => {
    const { agent, first, second, cut, mend, close } = await twoHosts();
    cut();
    // An operator does not wait until the first is known to be lost.
    await client.command(agent, { type: 'agent.fail', reason: 'It does not answer' });
    await client.deploy(agent, { host: 'second', driver: 'scripted' });
    await client.run(agent);
    let haveBothServed = false;
    await eventually(async () => {
      // In this order: where the second serves, the first serves no more.
      const [isSecond, isFirst] = [await second.isServing(agent), await first.isServing(agent)];
      haveBothServed ||= isSecond && isFirst;
      return isSecond;
    });
    expect(haveBothServed).toBe(false);
    expect(await first.accept(agent)).toBe('NoLease');
    mend();
    await eventually(async () => (await first.accept(agent)) === 'NotHostedHere');
    expect([await second.accept(agent), (await client.status(agent)).generation]).toEqual([null, 2]);
    expect(first.callsFor(agent).at(-1)).toBe('disposing 1');
    close();
  });

  itSlow('serve one after the other when the first has slept through its lease', async () => {
    const { agent, first, second, close } = await twoHosts();
    first.pause();
    await client.waitFor(agent, 'failed');
    await client.deploy(agent, { host: 'second', driver: 'scripted' });
    await client.run(agent);
    await second.untilServing(agent);
    first.resume();
    expect(['NoLease', 'NotHostedHere']).toContain(await first.accept(agent));
    expect(await second.accept(agent)).toBe(null);
    close();
  });
});
