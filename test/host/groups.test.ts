import { describe, expect, it } from '@jest/globals';
import type { AgentSpec } from '../../src/index.js';
import { hostWith, turn } from './host-rig.js';
import { ScriptedDriver } from './scripted-driver.js';

function spec(name: string, ...dependsOn: string[]): AgentSpec {
  return { name, driver: 'scripted', dependsOn };
}

/** The diamond: two agents on one, and one on both. */
const DIAMOND = [spec('page', 'left', 'right'), spec('left', 'base'), spec('right', 'base'), spec('base')];

describe('agents that depend on each other', () => {
  it('start after those on which they depend, and stop before them', async () => {
    const { host } = hostWith();
    host.deployAll(DIAMOND);
    const told: string[] = [];
    host.subscribe((event, agent) => {
      if (event.type !== 'lifecycle.transitioned') return;
      if (event.to === 'running' || event.to === 'stopped') told.push(`${agent.name} ${event.to}`);
    });
    expect(await host.run()).toEqual(
      ['base', 'left', 'right', 'page'].map((name) => ({ name, error: null })),
    );
    await host.shutdown();
    expect(told).toEqual([
      'base running',
      'left running',
      'right running',
      'page running',
      'page stopped',
      'left stopped',
      'right stopped',
      'base stopped',
    ]);
  });

  it('are not started when one on which they depend is down', async () => {
    const driver = new ScriptedDriver();
    const broken = new ScriptedDriver();
    broken.throws.set('load', new Error('no code'));
    const { host } = hostWith(driver, { broken });
    host.deployAll([{ ...spec('base'), driver: 'broken' }, spec('left', 'base'), spec('page', 'left')]);
    expect((await host.run()).map(({ name, error }) => [name, error?.message])).toEqual([
      ['base', 'Operation failed: loading: no code'],
      ['left', '"left" depends on "base", which is failed'],
      ['page', '"page" depends on "left", which is unloaded'],
    ]);
  });

  it('wait for those that are not running, and for nobody once they were started or have ended', async () => {
    const { host } = hostWith();
    const [page, left] = host.deployAll(DIAMOND);
    const waits = [page?.waitsFor, left?.waitsFor];
    await host.agent('base').run();
    await left?.run();
    waits.push(page?.waitsFor, left?.waitsFor);
    await page?.run();
    await left?.stop();
    waits.push(page?.waitsFor, left?.waitsFor);
    expect(waits).toEqual([['left', 'right'], ['base'], ['right'], [], [], []]);
  });

  it('are started no more where one waits for its restart as the host shuts down', async () => {
    const broken = new ScriptedDriver();
    broken.throws.set('start', new Error('not yet'));
    const { host } = hostWith(new ScriptedDriver(), { broken });
    const restart = { type: 'transient', backoff: { initial: 20, jitter: 0 } } as const;
    host.deployAll([{ ...spec('base'), driver: 'broken', restart }, spec('page', 'base')]);
    const run = host.run();
    await turn();
    await host.shutdown();
    expect((await run).map(({ name, error }) => [name, error?.code])).toEqual([
      ['base', 'OperationFailed'],
      ['page', 'DependencyDown'],
    ]);
  });

  it('start after one on which they depend has been restarted', async () => {
    const store = new ScriptedDriver();
    store.throws.set('start', new Error('not yet'));
    const { host, clock } = hostWith(new ScriptedDriver(), { store });
    const restart = { type: 'transient', backoff: { initial: 20, jitter: 0 } } as const;
    host.deployAll([{ ...spec('base'), driver: 'store', restart }, spec('page', 'base')]);
    const run = host.run();
    await turn();
    store.throws.clear();
    clock.increment(20);
    expect(await run).toEqual([
      { name: 'base', error: null },
      { name: 'page', error: null },
    ]);
  });

  it('that run already are as they should be', async () => {
    const { host } = hostWith();
    host.deployAll(DIAMOND);
    await host.run();
    expect((await host.run()).map(({ error }) => error)).toEqual([null, null, null, null]);
  });

  it.each([
    ['in a circle', [spec('a', 'b'), spec('b', 'c'), spec('c', 'a')], 'in a circle: a → b → c → a'],
    ['on themselves', [spec('a', 'a')], 'in a circle: a → a'],
    ['on nobody', [spec('a', 'b')], '"a" depends on "b", and no agent is named that'],
    ['twice by one name', [spec('a'), spec('a')], 'An agent named "a" exists'],
  ])('%s are refused, and none is deployed', (_, specs, message) => {
    const { host } = hostWith();
    expect(() => host.deployAll(specs)).toThrow(message);
    expect(host.agents).toEqual([]);
  });

  it('are all refused when one is', () => {
    const { host, driver } = hostWith();
    expect(() => host.deployAll([spec('a'), { ...spec('b'), driver: 'none' }])).toThrow('No driver is named');
    expect([host.agents, driver.count('load')]).toEqual([[], 0]);
  });

  it('are no longer waited for when the time of their phase is over', async () => {
    const slow = new ScriptedDriver().hold('start');
    const { host, clock } = hostWith(new ScriptedDriver(), { slow });
    host.deployAll([{ ...spec('base'), driver: 'slow' }, spec('page', 'base')]);
    const run = host.run({ phaseTimeout: 5_000 });
    await turn();
    clock.increment(5_000);
    expect((await run).map(({ error }) => error?.code)).toEqual(['StartTooSlow', 'DependencyDown']);
  });

  it('are forced when the time of their phase is over', async () => {
    const { host, clock, driver } = hostWith();
    driver.hold('handle');
    host.deployAll(DIAMOND);
    await host.run();
    const request = host
      .agent('page')
      .request('hangs')
      .catch((error: unknown) => error);
    await turn();
    const shutdown = host.shutdown({ phaseTimeout: 5_000 });
    await turn();
    clock.increment(4_999);
    expect(host.agent('page').state).toBe('draining');
    clock.increment(1);
    const reports = await shutdown;
    expect(reports.map(({ name, state, forced }) => [name, state, forced])).toEqual([
      ['page', 'stopped', true],
      ['left', 'stopped', false],
      ['right', 'stopped', false],
      ['base', 'stopped', false],
    ]);
    expect(await request).toMatchObject({ code: 'AgentStopped' });
  });

  it('that wait for requests in an early phase are forced in the later ones, too', async () => {
    const { host, driver } = hostWith();
    driver.hold('handle');
    host.deployAll([spec('base'), spec('page', 'base')]);
    await host.run();
    const requests = ['base', 'page'].map((name) =>
      host
        .agent(name)
        .request('hangs')
        .catch(() => null),
    );
    await turn();
    const graceful = host.shutdown();
    await turn();
    await host.shutdown({ force: true });
    expect((await graceful).map(({ forced }) => forced)).toEqual([true, true]);
    await Promise.all(requests);
  });
});
