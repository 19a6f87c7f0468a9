import { describe, expect, it } from '@jest/globals';
import type { Agent, JournalEntry } from '../../../src/index.js';
import { hostWith, runningAgent, turn } from '../host-rig.js';
import { ScriptedDriver } from '../scripted-driver.js';

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

it('an agent is not down before its earlier instances are disposed of', async () => {
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

it.each(['drain', 'stop', 'unload', 'fail'] as const)(
  'an agent that waits for its restart waits no more once it is told to %s',
  async (command) => {
    const { agent, driver, clock } = await runningAgent(new ScriptedDriver(), TRANSIENT);
    driver.deployment?.fail('broken');
    await turn();
    expect(await agent[command]()).toMatchObject({ error: null });
    clock.increment(10_000);
    await turn();
    expect([agent.supervision, agent.generation, typesIn(agent).at(-1)]).toEqual([
      'unwanted',
      1,
      'restartCancelled',
    ]);
  },
);

it('a run that is refused during a drain does not undo the drain', async () => {
  const { agent, clock } = await runningAgent(new ScriptedDriver(), PERMANENT);
  const lease = await agent.accept();
  const drain = agent.drain();
  await turn();
  expect((await agent.run()).error?.code).toBe('InvalidTransition');
  lease.release();
  await drain;
  clock.increment(10_000);
  await turn();
  expect([agent.supervision, agent.generation, agent.state]).toEqual(['unwanted', 1, 'stopped']);
});

it('an agent that is loaded anew is wanted by nobody until it is run', async () => {
  const { agent, driver, clock } = await runningAgent(new ScriptedDriver(), TRANSIENT);
  driver.deployment?.fail('broken');
  await turn();
  agent.renew();
  clock.increment(10_000);
  await turn();
  expect([agent.supervision, agent.generation, agent.state]).toEqual(['unwanted', 2, 'unloaded']);
});

it('an agent whose restart cannot even be made is unhealthy by that reason', async () => {
  const { host, driver, clock } = await runningAgent(new ScriptedDriver(), TRANSIENT);
  driver.deployment?.fail('broken');
  driver.refusal = new Error('no such module');
  for (let count = 0; count < 3; count++) {
    await turn();
    clock.increment(1_000);
  }
  await turn();
  expect(host.health()).toEqual({ agent: { status: 'unhealthy', reason: 'given up: no such module' } });
});

it('an agent that is about to stop is degraded', async () => {
  const { host, agent, driver } = await runningAgent(new ScriptedDriver().hold('stop'));
  const stop = agent.stop();
  await turn();
  expect(host.health()).toEqual({ agent: { status: 'degraded', reason: 'stopping' } });
  driver.last('stop').resolve();
  await stop;
});

it('the journal goes on in the next deployment', async () => {
  const { host, agent } = await runningAgent();
  await agent.stop();
  const { epoch, entries } = agent.journal;
  const heard: number[] = [];
  host.watch(({ sequence }) => heard.push(sequence));
  const next = host.deploy({ name: 'agent', driver: 'scripted' });
  expect([next.journal.epoch, next.journal.entries.length, heard]).toEqual([
    epoch,
    entries.length + 1,
    [entries.length + 1],
  ]);
});

it.each([
  ['its load', 'load', 'unloaded.idle → unloaded.loading by agent.load'],
  ['its start', 'start', 'ready.idle → ready.starting by agent.start'],
] as const)(
  'the journal tells the cause of a step from what a driver says during %s',
  async (_, method, step) => {
    const driver = new ScriptedDriver();
    driver.during.set(method, () => driver.deployment?.fail('at once'));
    const agent = hostWith(driver).deploy();
    await agent.run();
    const told = agent.journal.entries.flatMap((entry) =>
      entry.type === 'transition' ? [`${entry.from} → ${entry.to} by ${String(entry.event)}`] : [],
    );
    expect(told.slice(-2)).toEqual([step, expect.stringMatching(/ing → failed by agent\.fail$/)]);
  },
);

it('the journal tells a drain that ran out of time from a request that ends by that', async () => {
  const { agent, clock } = await runningAgent();
  const lease = await agent.accept();
  lease.signal.addEventListener('abort', () => {
    lease.release();
  });
  const drain = agent.drain();
  await turn();
  clock.increment(60_000);
  await drain;
  const told = agent.journal.entries.flatMap((entry) => (entry.type === 'transition' ? [entry.event] : []));
  expect(told.slice(-2)).toEqual([
    'xstate.after.drainTimeout.agentLifecycle.draining.awaitingRequests',
    'xstate.done.actor.stopping',
  ]);
});

it('late results of an earlier instance are discarded, and said to be', async () => {
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

describe('an agent that is run although its driver cannot be made', () => {
  const restart = { type: 'transient', backoff: { initial: 10, jitter: 0 } } as const;
  const failed = (driver: ScriptedDriver) => ({
    result: expect.objectContaining({ success: false, previousState: 'failed', currentState: 'failed' }),
    error: expect.objectContaining({
      code: 'OperationFailed',
      operation: 'loading',
      reason: 'no room',
      cause: driver.refusal,
    }),
  });

  it('answers why, and goes on waiting for its restart', async () => {
    const { agent, driver, clock } = await runningAgent(new ScriptedDriver(), { restart });
    driver.deployment?.fail('broken');
    await turn();
    driver.refusal = new Error('no room');
    expect(await agent.run()).toEqual(failed(driver));
    expect([agent.supervision, agent.lastFailure]).toEqual(['backingOff', 'no room']);
    driver.refusal = null;
    clock.increment(20);
    await turn();
    expect([agent.state, agent.generation]).toEqual(['running', 3]);
  });

  it('answers why once it was given up, and stays so', async () => {
    const spec = { restart: { ...restart, intensity: { restarts: 0 } } };
    const { agent, driver } = await runningAgent(new ScriptedDriver(), spec);
    driver.deployment?.fail('broken');
    await turn();
    driver.refusal = new Error('no room');
    expect(await agent.run()).toEqual(failed(driver));
    expect(agent.supervision).toBe('gaveUp');
  });

  it('answers why as its next generation, too', async () => {
    const { agent, driver } = await runningAgent();
    await agent.fail('broken');
    driver.refusal = new Error('no room');
    expect(agent.renew()).toEqual(failed(driver));
    driver.refusal = null;
    expect([agent.renew(), agent.state]).toEqual([null, 'unloaded']);
  });
});
