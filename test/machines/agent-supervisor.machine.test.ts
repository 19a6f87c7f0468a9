import { describe, expect, it } from '@jest/globals';
import { createActor, SimulatedClock } from 'xstate';
import {
  agentSupervisorMachine,
  InvalidValueError,
  type AgentSupervisorEmitted,
  type AgentSupervisorInput,
} from '../../src/index.js';

function supervisor(restart: AgentSupervisorInput['restart']) {
  const clock = new SimulatedClock();
  const emitted: AgentSupervisorEmitted[] = [];
  const actor = createActor(agentSupervisorMachine, { input: { restart }, clock });
  actor.on('*', (event) => emitted.push(event));
  actor.start();
  let generation = 0;
  const start = () => {
    actor.send({ type: 'instance.started', generation: ++generation });
  };
  actor.send({ type: 'operator.start' });
  start();
  return {
    actor,
    clock,
    emitted,
    start,
    fail: (upFor: number, random = 0) => {
      actor.send({
        type: 'instance.ended',
        generation,
        state: 'failed',
        failureReason: `failure ${generation}`,
        upFor,
        random,
      });
    },
  };
}

const BACKOFF = { initial: 100, factor: 2, max: 350, jitter: 0.5 };

describe('a supervisor', () => {
  it('waits longer at each restart, up to its maximum', () => {
    const { actor, emitted, start, fail } = supervisor({ type: 'transient', backoff: BACKOFF });
    for (let count = 0; count < 4; count++) {
      fail(0);
      actor.send({ type: 'operator.start' });
      start();
    }
    const delays = emitted.flatMap((event) => (event.type === 'restart.scheduled' ? [event.delay] : []));
    expect(delays).toEqual([100, 200, 350, 350]);
  });

  it('leaves a part of the delay to chance', () => {
    const { emitted, fail } = supervisor({ type: 'transient', backoff: BACKOFF });
    fail(0, 1);
    expect(emitted).toEqual([
      {
        type: 'restart.scheduled',
        delay: 50,
        end: { generation: 1, reason: 'failure 1', upFor: 0 },
      },
    ]);
  });

  it('restarts when the delay is over, and not a millisecond before', () => {
    const { actor, clock, fail } = supervisor({ type: 'transient', backoff: BACKOFF });
    fail(0);
    clock.increment(99);
    expect(actor.getSnapshot().value).toBe('backingOff');
    clock.increment(1);
    expect(actor.getSnapshot().value).toBe('supervised');
  });

  it('gives up after too many restarts, with the reason of each failure', () => {
    const { actor, emitted, start, fail } = supervisor({
      type: 'transient',
      backoff: BACKOFF,
      intensity: { restarts: 1, within: 1_000 },
    });
    fail(10);
    start();
    fail(20);
    expect([actor.getSnapshot().value, emitted.at(-1)]).toEqual([
      'gaveUp',
      {
        type: 'restart.abandoned',
        ends: [
          { generation: 1, reason: 'failure 1', upFor: 10 },
          { generation: 2, reason: 'failure 2', upFor: 20 },
        ],
      },
    ]);
  });

  it('holds nothing against an agent that has run long enough since', () => {
    const { actor, start, fail } = supervisor({
      type: 'transient',
      intensity: { restarts: 1, within: 1_000 },
    });
    fail(0);
    start();
    fail(999);
    expect(actor.getSnapshot().value).toBe('gaveUp');
    actor.send({ type: 'operator.start' });
    start();
    fail(0);
    start();
    fail(1_000);
    expect([actor.getSnapshot().value, actor.getSnapshot().context.ends.length]).toEqual(['backingOff', 1]);
  });

  it('gives up on an agent that never runs, however long it waits between', () => {
    const { actor, clock, start, fail } = supervisor({
      type: 'permanent',
      backoff: { initial: 100_000, max: 1_000_000, jitter: 0 },
      intensity: { restarts: 3, within: 1_000 },
    });
    for (let count = 0; count < 3; count++) {
      fail(0);
      clock.increment(1_000_000);
      start();
    }
    fail(0);
    expect(actor.getSnapshot().value).toBe('gaveUp');
  });

  it.each([
    [{ type: 'always' }, 'restart.type', 'one of permanent, transient, temporary', '"always"'],
    [{ backoff: { initial: -1 } }, 'restart.backoff.initial', '0 at least', '-1'],
    [{ backoff: { jitter: 2 } }, 'restart.backoff.jitter', '1 at most', '2'],
    [{ intensity: { restarts: 'x' } }, 'restart.intensity.restarts', 'a value of type number', '"x"'],
    [{ retries: 1, every: 2 }, 'restart', 'no field retries, every', 'an object'],
    [5, 'restart', 'an object', '5'],
  ])('refuses the policy %j', (restart, field, expected, received) => {
    const actor = createActor(agentSupervisorMachine, { input: { restart: restart as never } });
    const { error } = actor.getSnapshot();
    expect(error).toBeInstanceOf(InvalidValueError);
    expect(error).toMatchObject({ field, expected, received });
  });

  it.each([
    ['unwanted', []],
    ['supervised', ['wanted']],
    ['backingOff', ['wanted']],
    ['gaveUp', []],
    ['removed', ['terminal']],
  ] as const)('tags %s with %j', (value, tags) => {
    const { context } = createActor(agentSupervisorMachine, { input: { restart: {} } }).getSnapshot();
    expect([...agentSupervisorMachine.resolveState({ value, context }).tags]).toEqual(tags);
  });

  it('begins with nothing held against its agent', () => {
    const { restart: _, ...context } = createActor(agentSupervisorMachine, {
      input: { restart: {} },
    }).getSnapshot().context;
    expect(context).toEqual({ generation: 0, ends: [], delay: 0 });
  });

  it('takes delays up to the longest that a timer can wait', () => {
    const restartAfter = (initial: number) =>
      createActor(agentSupervisorMachine, { input: { restart: { backoff: { initial } } } }).getSnapshot();
    expect(restartAfter(2 ** 31 - 1).status).toBe('active');
    expect(restartAfter(2 ** 31).error).toMatchObject({
      field: 'restart.backoff.initial',
      expected: '2147483647 at most',
    });
  });

  it('has the defaults that its policy names', () => {
    const { restart } = createActor(agentSupervisorMachine, { input: { restart: {} } }).getSnapshot().context;
    expect(restart).toEqual({
      type: 'temporary',
      backoff: { initial: 500, factor: 2, max: 30_000, jitter: 0.5 },
      intensity: { restarts: 5, within: 60_000 },
    });
  });
});
