import { describe, expect, it } from '@jest/globals';
import { createActor, fromPromise, waitFor } from 'xstate';
import { persistLifecycle, restoreLifecycle, watchDeadline } from '../../src/durable.js';
import { accelerate, agentLifecycleMachine, type AgentOperationInput } from '../../src/index.js';
import { SteppedClock } from '../../src/testing/index.js';
import { INPUT } from '../lifecycle-rig.js';
import { RestorableRig } from './restorable-rig.js';

const TIMEOUT = 30_000;
const HANGING = { loading: fromPromise<unknown, AgentOperationInput>(() => new Promise(() => undefined)) };

/** A lifecycle that loads, since ten seconds. */
function loading(): RestorableRig {
  const rig = new RestorableRig();
  rig.actor.send({ type: 'agent.load' });
  rig.advance(10_000);
  return rig;
}

async function draining(): Promise<RestorableRig> {
  const rig = new RestorableRig();
  for (const [type, operation] of [
    ['agent.load', 'loading'],
    ['agent.instantiate', 'instantiating'],
    ['agent.start', 'starting'],
  ] as const) {
    rig.actor.send({ type });
    await rig.held.settle(operation, { type: 'done' });
  }
  rig.actor.send({ type: 'request.accept' });
  rig.actor.send({ type: 'agent.drain' });
  return rig;
}

describe('the timeout of a restored lifecycle', () => {
  it.each([
    ['deadline', 15_000],
    ['remaining', 20_000],
    ['restart', TIMEOUT],
  ] as const)('by %s ends in %i ms, 5 s after it was saved with 20 s left', (timers, left) => {
    const rig = loading();
    rig.crash({ timers, after: 5_000 });
    rig.advance(left - 1);
    expect(rig.reached).toEqual([]);
    rig.advance(1);
    expect(rig.reached).toEqual(['failed']);
    expect(rig.actor.getSnapshot().context.failureReason).toBe('Transition timeout exceeded: 30000ms');
  });

  it('ends by its deadline where nothing else is said', () => {
    const rig = loading();
    rig.crash({ after: 5_000 });
    rig.advance(14_999);
    expect(rig.reached).toEqual([]);
    rig.advance(1);
    expect(rig.reached).toEqual(['failed']);
  });

  it('ends at the start when its deadline is past, without the operation that it bounds', () => {
    const rig = loading();
    rig.crash({ after: 20_000 });
    expect(rig.reached).toEqual(['failed']);
    expect(rig.begun.map(({ operation }) => operation)).toEqual(['loading']);
  });

  it('keeps its deadline through a second restore', () => {
    const rig = loading();
    rig.crash({ after: 5_000 });
    rig.advance(5_000);
    rig.crash({ after: 5_000 });
    rig.advance(4_999);
    expect(rig.reached).toEqual([]);
    rig.advance(1);
    expect(rig.reached).toEqual(['failed']);
  });

  it('fires once', async () => {
    const rig = await draining();
    rig.crash({ after: 59_999 });
    rig.advance(1);
    rig.advance(29_999);
    expect([rig.reached.at(-1), rig.held.inFlight]).toEqual(['draining', ['stopping']]);
    rig.advance(1);
    expect(rig.reached.at(-1)).toBe('failed');
  });

  it('is cancelled when its state is left, and runs anew when it is entered again', () => {
    const rig = loading();
    rig.crash();
    rig.actor.send({ type: 'agent.unload' });
    rig.actor.send({ type: 'agent.load' });
    rig.advance(TIMEOUT - 1);
    expect(rig.reached).toEqual([]);
    rig.advance(1);
    expect(rig.reached).toEqual(['failed']);
  });

  it('is cancelled when the lifecycle is stopped from outside', () => {
    const clock = new SteppedClock();
    const actor = restoreLifecycle(JSON.parse(loading().persist()), { now: () => 10_000, clock });
    const timers = new Set<unknown>();
    const set = clock.setTimeout.bind(clock);
    clock.setTimeout = (callback, milliseconds) => {
      const timer = set(callback, milliseconds);
      timers.add(timer);
      return timer;
    };
    clock.clearTimeout = (timer) => {
      timers.delete(timer);
    };
    actor.start();
    expect(timers.size).toBe(1);
    actor.stop();
    expect(timers.size).toBe(0);
  });

  it('is no longer than it ever is, though the clock was set back', () => {
    const rig = loading();
    rig.crash({ after: -1_000_000 });
    rig.advance(TIMEOUT - 1);
    expect(rig.reached).toEqual([]);
    rig.advance(1);
    expect(rig.reached).toEqual(['failed']);
  });
});

describe('options that are not what they should be', () => {
  const now = () => 0;
  const { actor } = new RestorableRig();
  const persisted = persistLifecycle(actor, { now });
  const none = {} as { now: typeof now };
  const invalid = 'now: expected a function that tells the milliseconds since 1970, received undefined';

  it.each([
    [
      'timers by another name',
      () => restoreLifecycle(persisted, { now, timers: 'deadlin' as 'deadline' }),
      'timers: expected one of deadline, remaining, restart, received "deadlin"',
    ],
    ['no time to restore by', () => restoreLifecycle(persisted, none), invalid],
    ['no time to persist by', () => persistLifecycle(actor, none), invalid],
    [
      'no time to watch by',
      () => {
        watchDeadline(actor, none);
      },
      invalid,
    ],
  ])('%s: refused, by what was expected', (_, call, message) => {
    expect(call).toThrow(expect.objectContaining({ code: 'InvalidValue', message }));
  });
});

describe('an operation in flight when its lifecycle was persisted', () => {
  it('runs again with its input, and the number of the attempt', () => {
    const rig = loading();
    rig.crash();
    rig.crash();
    const [first] = rig.begun;
    expect(rig.begun).toEqual([first, { ...first, attempt: 2 }, { ...first, attempt: 3 }]);
  });

  it('leads on when it is done', async () => {
    const rig = loading();
    rig.crash();
    await rig.held.settle('loading', { type: 'done' });
    expect(rig.reached).toEqual(['loaded']);
  });

  it('is followed by others, which are no retries', async () => {
    const rig = loading();
    rig.crash();
    await rig.held.settle('loading', { type: 'done' });
    rig.actor.send({ type: 'agent.instantiate' });
    expect(rig.begun.at(-1)).toMatchObject({ operation: 'instantiating' });
    expect(rig.begun.at(-1)).not.toHaveProperty('attempt');
  });

  it('is done at once where nobody carries it out', async () => {
    const actor = restoreLifecycle(JSON.parse(loading().persist()), { now: () => 10_000 });
    actor.start();
    await Promise.resolve();
    await Promise.resolve();
    expect(actor.getSnapshot().value).toEqual({ loaded: 'idle' });
  });
});

describe('an accelerated lifecycle', () => {
  it('is written down as another, and goes on as one, accelerated or not', async () => {
    const now = () => 0;
    const written = [agentLifecycleMachine, accelerate(agentLifecycleMachine)].map((machine) => {
      const actor = createActor(machine, { input: INPUT });
      watchDeadline(actor, { now });
      actor.start();
      actor.send({ type: 'agent.load' });
      const persisted = persistLifecycle(actor, { now });
      actor.stop();
      return persisted;
    });
    expect(written[1]).toEqual(written[0]);
    const reached = await Promise.all(
      [agentLifecycleMachine, accelerate(agentLifecycleMachine)].map(async (machine) => {
        const actor = restoreLifecycle(written[1], { now, machine });
        actor.start();
        await waitFor(actor, (snapshot) => snapshot.matches({ loaded: 'idle' }));
        actor.send({ type: 'agent.instantiate' });
        await waitFor(actor, (snapshot) => snapshot.matches({ ready: 'idle' }));
        actor.send({ type: 'agent.start' });
        await waitFor(actor, (snapshot) => snapshot.hasTag('accepting'));
        for (let count = 0; count < 3; count++) actor.send({ type: 'request.accept' });
        actor.send({ type: 'agent.fail', reason: 'broken' });
        return actor.getSnapshot().output;
      }),
    );
    const end = { state: 'failed', failureReason: 'broken', abandonedRequests: 3, forced: false };
    expect(reached).toEqual([end, end]);
  });

  it('has its timeout when it is restored, by its deadline', () => {
    const clock = new SteppedClock();
    const now = () => 10_000 + clock.now();
    const machine = accelerate(agentLifecycleMachine);
    const actor = restoreLifecycle(JSON.parse(loading().persist()), { now, clock, machine, actors: HANGING });
    actor.start();
    clock.advance(19_999);
    expect(actor.getSnapshot().value).toEqual({ unloaded: 'loading' });
    clock.advance(1);
    expect(actor.getSnapshot().value).toBe('failed');
  });
});

describe('persistLifecycle', () => {
  it('refuses a lifecycle of whose timeout it does not know when it began', () => {
    const actor = createActor(agentLifecycleMachine, { input: INPUT }).start();
    actor.send({ type: 'agent.load' });
    expect(() => persistLifecycle(actor, { now: () => 0 })).toThrow(
      expect.objectContaining({
        code: 'UnknownDeadline',
        detail: { code: 'UnknownDeadline', state: 'unloaded.loading' },
      }),
    );
    actor.stop();
  });

  it('takes a lifecycle that it does not know where no timeout runs', () => {
    const actor = createActor(agentLifecycleMachine, { input: INPUT }).start();
    expect(persistLifecycle(actor, { now: () => 7 })).toMatchObject({ savedAt: 7, deadline: null });
  });

  it('writes down a timeout that is no longer than it ever is, though the clock was set back', () => {
    const rig = new RestorableRig();
    rig.advance(10_000);
    rig.actor.send({ type: 'agent.load' });
    const { savedAt, deadline } = persistLifecycle(rig.actor, { now: () => 4_000 });
    expect({ savedAt, deadline }).toEqual({ savedAt: 4_000, deadline: 4_000 + TIMEOUT });
  });

  it('refuses a lifecycle that was stopped from outside', () => {
    const { actor } = loading();
    actor.stop();
    expect(() => persistLifecycle(actor, { now: () => 0 })).toThrow(
      expect.objectContaining({
        code: 'NotPersistable',
        detail: { code: 'NotPersistable', status: 'stopped' },
      }),
    );
  });

  it('writes down a lifecycle that has ended, which stays as it was', () => {
    const rig = loading();
    rig.actor.send({ type: 'agent.fail', reason: 'broken' });
    const { output } = rig.actor.getSnapshot();
    rig.crash();
    expect([rig.actor.getSnapshot().status, rig.actor.getSnapshot().output]).toEqual(['done', output]);
  });
});
