import { describe, expect, it } from '@jest/globals';
import type { AgentSpec } from '../../src/index.js';
import { DependencyGraph, dependencyPhases } from '../../src/host/supervision/dependency-order.js';
import { hostWith } from './host-rig.js';
import { stepsOf } from './steps-of.js';

function specs(count: number, dependsOn: (index: number) => readonly string[] = () => []): AgentSpec[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `agent ${index}`,
    driver: 'scripted',
    dependsOn: dependsOn(index),
  }));
}

const below = (index: number) => (index === 0 ? [] : [`agent ${index - 1}`]);

function hostOf(count: number, dependsOn?: (index: number) => readonly string[]) {
  const rig = hostWith();
  rig.host.deployAll(specs(count, dependsOn));
  return rig;
}

/** The same for few and for many agents. */
async function expectSame(costAmong: (count: number) => Promise<number>) {
  await costAmong(3);
  const cost = await costAmong(10);
  expect(cost).toBeGreaterThan(0);
  expect(await costAmong(100)).toBe(cost);
}

/** For twice as many, twice as much. */
async function expectLinear(costOf: (count: number) => Promise<number>) {
  await costOf(10);
  const [one, two, three] = [await costOf(20), await costOf(40), await costOf(60)];
  expect([one > 0, three - two]).toEqual([true, two - one]);
}

describe('among however many agents, it costs the same', () => {
  it('to deploy one', async () => {
    await expectSame(async (count) => {
      const { deploy } = hostOf(count);
      return await stepsOf(() => deploy({ name: 'one more' }));
    });
  });

  it('to deploy one that depends on the last of a chain', async () => {
    await expectSame(async (count) => {
      const { deploy } = hostOf(count, below);
      return await stepsOf(() => deploy({ name: 'one more', dependsOn: [`agent ${count - 1}`] }));
    });
  });

  it('to deploy again one on which all others depend', async () => {
    await expectSame(async (count) => {
      const { host, deploy } = hostOf(count, (index) => (index === 0 ? [] : ['agent 0']));
      await host.agent('agent 0').fail('to be deployed again');
      return await stepsOf(() => deploy({ name: 'agent 0' }));
    });
  });

  it('to remove one', async () => {
    await expectSame(async (count) => {
      const { host } = hostOf(count);
      return await stepsOf(() => host.remove('agent 1'));
    });
  });

  it('to look at their list, which is made anew only when it changes', async () => {
    const { host, deploy } = hostOf(3);
    const before = host.agents;
    expect(host.agents).toBe(before);
    deploy({ name: 'one more' });
    expect([before.length, host.agents.length]).toEqual([3, 4]);
    await host.remove('one more');
    expect(host.agents.length).toBe(3);
  });
});

describe('of n agents, it costs n times as much', () => {
  it('to deploy them at once', async () => {
    await expectLinear(async (count) => {
      const { host } = hostWith();
      const all = specs(count);
      return await stepsOf(() => host.deployAll(all));
    });
  });

  it('to deploy a chain at once, the last first', async () => {
    await expectLinear(async (count) => {
      const { host } = hostWith();
      const all = specs(count, below).reverse();
      return await stepsOf(() => host.deployAll(all));
    });
  });

  it('to run and to shut down side by side', async () => {
    await expectLinear(async (count) => {
      const { host } = hostOf(count);
      return await stepsOf(async () => {
        await host.run();
        await host.shutdown();
      });
    });
  });

  it('to run and to shut down one after the other', async () => {
    await expectLinear(async (count) => {
      const { host } = hostOf(count, below);
      return await stepsOf(async () => {
        await host.run();
        await host.shutdown();
      });
    });
  });

  it('to tell how they are', async () => {
    await expectLinear(async (count) => {
      const { host } = hostOf(count);
      return await stepsOf(() => host.health());
    });
  });
});

describe('a great many agents', () => {
  it('in a circle are refused by name', () => {
    const { host } = hostWith();
    const ring = specs(10_000, (index) => [`agent ${(index + 1) % 10_000}`]);
    const circle = [...ring.map(({ name }) => name), 'agent 0'];
    expect(() => host.deployAll(ring)).toThrow(
      expect.objectContaining({
        code: 'DependencyCycle',
        detail: { code: 'DependencyCycle', cycle: circle },
      }),
    );
    expect(host.agents).toEqual([]);
  });

  it('in a circle are named in a message that can be read', () => {
    const { host } = hostWith();
    const ring = specs(30, (index) => [`agent ${(index + 1) % 30}`]);
    const shown = Array.from({ length: 18 }, (_, index) => `agent ${index}`);
    expect(() => host.deployAll(ring)).toThrow(
      `Agents depend on each other in a circle: ${[...shown, '(12 more)', 'agent 0'].join(' → ')}`,
    );
  });

  it('in a chain each have a phase of their own', () => {
    const chain = specs(10_000, below);
    new DependencyGraph().assertSound(chain);
    expect(dependencyPhases(chain).length).toBe(10_000);
  });
});
