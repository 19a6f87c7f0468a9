import { describe, expect, it } from '@jest/globals';
import type { Agent, JournalEntry } from '../../src/index.js';
import { hostWith, runningAgent, turn } from './host-rig.js';
import { ScriptedDriver } from './scripted-driver.js';

const TRANSIENT = {
  restart: {
    type: 'transient',
    backoff: { initial: 100, factor: 2, jitter: 0 },
    intensity: { restarts: 2, within: 1_000 },
  },
} as const;
const PERMANENT = { restart: { ...TRANSIENT.restart, type: 'permanent' } } as const;

function typesIn(agent: Agent): JournalEntry['type'][] {
  return agent.journal.entries.map(({ type }) => type);
}

describe('an agent that fails by itself', () => {
  it('is restarted after a while, as its next generation', async () => {
    const { agent, driver, clock } = await runningAgent(new ScriptedDriver(), TRANSIENT);
    driver.deployment?.fail('broken');
    await turn();
    clock.increment(99);
    await turn();
    expect([agent.state, agent.supervision]).toEqual(['failed', 'backingOff']);
    clock.increment(1);
    await turn();
    expect([agent.state, agent.generation, agent.supervision]).toEqual(['running', 2, 'supervised']);
  });

  it('is not restarted when nobody wanted it to be', async () => {
    const { agent, driver } = await runningAgent();
    driver.deployment?.fail('broken');
    await turn();
    expect([agent.state, agent.supervision]).toEqual(['failed', 'unwanted']);
  });

  it('before it was to start is not restarted', async () => {
    const driver = new ScriptedDriver();
    driver.throws.set('load', new Error('no code'));
    const { deploy } = hostWith(driver);
    const agent = deploy(TRANSIENT);
    await agent.load();
    expect([agent.state, agent.supervision]).toEqual(['failed', 'unwanted']);
  });

  it('again and again is given up, with each reason', async () => {
    const { agent, driver, clock } = await runningAgent(new ScriptedDriver(), TRANSIENT);
    for (const reason of ['one', 'two', 'three']) {
      driver.deployment?.fail(reason);
      await turn();
      clock.increment(1_000);
      await turn();
    }
    expect([agent.supervision, agent.generation]).toEqual(['gaveUp', 3]);
    expect(agent.journal.entries.at(-1)).toMatchObject({
      type: 'gaveUp',
      generation: 3,
      ends: [{ reason: 'one' }, { reason: 'two' }, { reason: 'three' }],
    });
  });

  it('and was given up is restarted when it is run', async () => {
    const { agent, driver, clock } = await runningAgent(new ScriptedDriver(), TRANSIENT);
    for (let count = 0; count < 3; count++) {
      driver.deployment?.fail('broken');
      await turn();
      clock.increment(1_000);
      await turn();
    }
    expect(await agent.run()).toMatchObject({ error: null });
    expect([agent.state, agent.supervision, agent.generation]).toEqual(['running', 'supervised', 4]);
  });

  it('is restarted at once when it is run while it waits', async () => {
    const { agent, driver } = await runningAgent(new ScriptedDriver(), TRANSIENT);
    driver.deployment?.fail('broken');
    await turn();
    await agent.run();
    await turn();
    expect([agent.state, agent.generation, driver.count('load')]).toEqual(['running', 2, 2]);
  });

  it('is not restarted once it is brought down', async () => {
    const { host, agent, driver, clock } = await runningAgent(new ScriptedDriver(), TRANSIENT);
    driver.deployment?.fail('broken');
    await turn();
    await host.shutdown();
    clock.increment(10_000);
    await turn();
    expect([agent.generation, agent.supervision]).toEqual([1, 'unwanted']);
  });

  it('counts as failed, though its driver cannot even be made', async () => {
    const driver = new ScriptedDriver();
    const { agent, clock, errors } = await runningAgent(driver, TRANSIENT);
    driver.refusal = new Error('no such module');
    driver.deployment?.fail('broken');
    for (let count = 0; count < 3; count++) {
      await turn();
      clock.increment(1_000);
    }
    await turn();
    expect([agent.supervision, errors]).toEqual(['gaveUp', [driver.refusal, driver.refusal]]);
  });
});

describe('an agent that ends by itself with success', () => {
  it.each([
    ['transient', TRANSIENT, 'unwanted', 1],
    ['permanent', PERMANENT, 'supervised', 2],
  ] as const)('and is %s', async (_, spec, supervision, generation) => {
    const { agent, driver, clock } = await runningAgent(new ScriptedDriver(), spec);
    driver.deployment?.finish();
    await turn();
    expect(agent.state).toBe('stopped');
    clock.increment(100);
    await turn();
    expect([agent.supervision, agent.generation]).toEqual([supervision, generation]);
  });

  it('before it has started has failed', async () => {
    const driver = new ScriptedDriver().hold('load');
    const agent = hostWith(driver).deploy();
    void agent.load();
    await turn();
    driver.deployment?.finish();
    await turn();
    expect(agent.record.failureReason).toBe('The agent ended before it could be stopped');
  });

  it('while it stops is stopped', async () => {
    const { agent, driver } = await runningAgent(new ScriptedDriver().hold('stop'));
    const stop = agent.stop();
    await turn();
    driver.deployment?.finish();
    driver.last('stop').resolve();
    expect(await stop).toMatchObject({ error: null });
  });
});

it.each(['drain', 'stop', 'fail'] as const)(
  'an agent that was told to %s is not restarted',
  async (command) => {
    const { agent, clock } = await runningAgent(new ScriptedDriver(), PERMANENT);
    await agent[command]();
    clock.increment(10_000);
    await turn();
    expect([agent.supervision, agent.generation]).toEqual(['unwanted', 1]);
  },
);

it('an agent is not down before its earlier incarnations are disposed of', async () => {
  const driver = new ScriptedDriver().hold('dispose');
  const { host, agent, clock } = await runningAgent(driver, TRANSIENT);
  driver.deployment?.fail('broken');
  await turn();
  clock.increment(100);
  await turn();
  expect(agent.generation).toBe(2);
  const first = driver.last('dispose');
  driver.held.clear();
  let isDown = false;
  const shutdown = host.shutdown().then(() => (isDown = true));
  await turn();
  expect(isDown).toBe(false);
  first.resolve();
  expect(await shutdown).toBe(true);
});

it('late results of an earlier incarnation are discarded, and said to be', async () => {
  const { agent, driver, clock } = await runningAgent(new ScriptedDriver(), TRANSIENT);
  const first = driver.deployment;
  driver.deployment?.fail('broken');
  await turn();
  clock.increment(100);
  await turn();
  const before = typesIn(agent).length;
  first?.fail('late');
  first?.finish();
  await turn();
  expect([agent.state, agent.generation, typesIn(agent).slice(before)]).toEqual(['running', 2, []]);
});

it('the journal says what happened, in its order', async () => {
  const { agent, driver, clock } = await runningAgent(new ScriptedDriver(), TRANSIENT);
  driver.deployment?.fail('broken');
  await turn();
  clock.increment(100);
  await turn();
  const told = agent.journal.entries.map((entry) => [
    entry.generation,
    entry.type === 'transition'
      ? `${entry.from} → ${entry.to} by ${String(entry.event)}`
      : entry.type === 'operation'
        ? `${entry.operation} ${entry.outcome}`
        : entry.type,
  ]);
  const comingUp = (generation: number) =>
    [
      'unloaded.idle → unloaded.loading by agent.load',
      'loading done',
      'unloaded.loading → loaded.idle by xstate.done.actor.loading',
      'loaded.idle → loaded.instantiating by agent.instantiate',
      'instantiating done',
      'loaded.instantiating → ready.idle by xstate.done.actor.instantiating',
      'ready.idle → ready.starting by agent.start',
      'starting done',
      'ready.starting → running.serving by xstate.done.actor.starting',
    ].map((text) => [generation, text]);
  expect(told).toEqual([
    [1, 'deployed'],
    ...comingUp(1),
    [1, 'running.serving → failed by agent.fail'],
    [1, 'restartScheduled'],
    [2, 'deployed'],
    [2, 'restarted'],
    ...comingUp(2),
  ]);
  expect(agent.journal.entries.map(({ sequence }) => sequence)).toEqual(told.map((_, index) => index + 1));
});

it('the journal tells a drain that ran out of time from one that was stopped', async () => {
  const { agent, clock } = await runningAgent();
  await agent.accept();
  const drain = agent.drain();
  await turn();
  clock.increment(60_000);
  await drain;
  const told = agent.journal.entries.flatMap((entry) =>
    entry.type === 'transition' ? [[entry.to, entry.event, entry.pendingRequests]] : [],
  );
  expect(told.slice(-3)).toEqual([
    ['draining.awaitingRequests', 'agent.drain', 1],
    ['draining.stopping', 'xstate.after.drainTimeout.agentLifecycle.draining.awaitingRequests', 1],
    ['stopped', 'xstate.done.actor.stopping', 1],
  ]);
});

it('an agent says which timeout runs, and what is left of it', async () => {
  const { agent, driver, clock } = await runningAgent();
  expect(agent.timer).toBeNull();
  const lease = await agent.accept();
  const drain = agent.drain();
  await turn();
  clock.increment(1_000);
  expect(agent.timer).toEqual({ delay: 'drainTimeout', total: 60_000, left: 59_000 });
  driver.hold('stop');
  lease.release();
  expect(agent.timer).toEqual({ delay: 'transitionTimeout', total: 30_000, left: 30_000 });
  driver.last('stop').resolve();
  await drain;
});
