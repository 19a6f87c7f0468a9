import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { SimulatedClock } from 'xstate';
import { createAgentHost, type AgentHost, type AgentHostOptions } from '../../src/index.js';
import { createMemoryStore, createHostPersistence } from '../../src/durable.js';
import { turn } from './host-rig.js';

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** How many of some objects are still held by something. */
async function countHeld(refs: readonly WeakRef<object>[]): Promise<number> {
  for (let round = 0; round < 3; round++) {
    // What was looked at in a turn is held until its end.
    await turn();
    collectGarbage();
  }
  return refs.filter((ref) => ref.deref() !== undefined).length;
}

/** A host whose drivers are counted, and are held by nobody but it. */
function countingHost(options: Partial<AgentHostOptions> = {}) {
  const drivers: WeakRef<object>[] = [];
  const clock = new SimulatedClock();
  const host = createAgentHost({
    drivers: {
      counted: ({ fail }) => {
        const driver = {
          load: () => undefined,
          instantiate: () => undefined,
          start: () => undefined,
          stop: () => undefined,
          unload: () => undefined,
          dispose: () => undefined,
          handle: (payload: unknown, { signal }: { signal: AbortSignal }) => {
            // As many do, and leave it there.
            signal.addEventListener('abort', () => payload);
            if (payload === 'fail') fail('as it was asked to');
            return payload;
          },
        };
        drivers.push(new WeakRef(driver));
        return driver;
      },
    },
    clock,
    ...options,
  });
  return { host, clock, drivers };
}

const SPEC = { name: 'agent', driver: 'counted' };

/** Deploys an agent under one name, again and again, and looks at it in each way that there is. */
async function deployOften(host: AgentHost, times: number): Promise<WeakRef<object>[]> {
  const agents: WeakRef<object>[] = [];
  host.subscribe(() => undefined);
  host.watch(() => undefined);
  host.inspect({ next: () => undefined });
  for (let time = 0; time < times; time++) {
    const agent = host.deploy(SPEC);
    agents.push(new WeakRef(agent), new WeakRef(agent.journal), new WeakRef(agent.actor));
    await agent.run();
    // A refusal, which is kept a little later.
    await agent.load();
    await agent.request('once');
    await agent.stop();
  }
  return agents;
}

describe('a host holds nothing of', () => {
  it('an agent that was deployed again', async () => {
    const { host, drivers } = countingHost();
    const agents = await deployOften(host, 20);
    expect([await countHeld(agents), await countHeld(drivers)]).toEqual([3, 1]);
    expect(host.agent('agent').journal.entries.at(-1)?.generation).toBe(20);
  });

  it('an agent that was deployed again, with a persistence', async () => {
    const persistence = createHostPersistence(createMemoryStore(), { onFailure: () => undefined });
    const { host, drivers } = countingHost({ persistence });
    const agents = await deployOften(host, 20);
    expect([await countHeld(agents), await countHeld(drivers)]).toEqual([3, 1]);
  });

  it('an agent that was removed', async () => {
    const { host, drivers } = countingHost();
    const agents = await deployOften(host, 1);
    await host.remove('agent');
    expect([await countHeld(agents), await countHeld(drivers)]).toEqual([0, 0]);
  });

  it('an agent that could not be deployed beside another', async () => {
    const { host, drivers } = countingHost();
    expect(() => host.deployAll([SPEC, { ...SPEC, name: 'other', transitionTimeout: 1 }])).toThrow(
      /TransitionTimeout/,
    );
    expect(await countHeld(drivers)).toBe(0);
  });

  it('an instance that was restarted, or replaced by a swap', async () => {
    const { host, drivers, clock } = countingHost();
    const restart = { type: 'permanent', backoff: { initial: 1, factor: 1, jitter: 0 } } as const;
    const agent = host.deploy({ ...SPEC, restart });
    await agent.run();
    for (let time = 0; time < 5; time++) {
      await agent.swap({ versionNumber: agent.spec.versionNumber + 1 });
      await agent.request('fail').catch(() => null);
      await turn();
      clock.increment(1);
      await turn();
    }
    expect([agent.state, drivers.length > 5, await countHeld(drivers)]).toEqual(['running', true, 1]);
  });

  it('requests whose caller has a signal that goes on', async () => {
    const { host } = countingHost();
    const agent = host.deploy(SPEC);
    await agent.run();
    const { signal } = new AbortController();
    const payloads: WeakRef<object>[] = [];
    const request = async () => {
      const payload = {};
      payloads.push(new WeakRef(payload));
      await agent.request(payload, { signal });
    };
    for (let count = 0; count < 50; count++) await request();
    expect(signal.aborted).toBe(false);
    expect(await countHeld(payloads)).toBe(0);
  });
});
