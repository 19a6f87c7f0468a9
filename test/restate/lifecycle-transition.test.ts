import { describe, expect, it } from '@jest/globals';
import { lifecycleRecordSchema, type LifecycleRecord } from '../../src/restate/object/lifecycle-record.js';
import { snapshotOf } from '../../src/restate/wire/lifecycle-position.js';
import {
  beginLifecycle,
  transitionLifecycle,
  withPending,
  withUncounted,
  type LifecycleEffect,
} from '../../src/restate/object/lifecycle-transition.js';

const identity = {
  agentId: '00000000-0000-4000-8000-000000000000',
  agentName: 'greeter',
  version: '00000000-0000-4000-8000-000000000001',
  versionNumber: 1,
};
const deployment = { generation: 3, revision: 7, host: 'one', spec: { driver: 'scripted' } };
const begin = () => beginLifecycle(identity, deployment);
const TIMER = 'xstate.after.transitionTimeout.agentLifecycle.unloaded.loading';

/** Takes events one after the other; their operations are carried out by an invocation that is named by its serial. */
function after(...types: string[]): { record: LifecycleRecord; effects: readonly LifecycleEffect[] } {
  return types.reduce((before, type) => {
    const { record, effects } = transitionLifecycle(before.record, { type });
    const { operation } = record;
    const started = operation && { ...operation, invocation: `invocation ${operation.serial}` };
    return { record: { ...record, operation: started }, effects };
  }, begin());
}

describe('a step of the chart', () => {
  it('begins unloaded, with nothing to do', () => {
    const { record, effects } = begin();
    expect([effects, record]).toEqual([
      [],
      {
        ...deployment,
        version: 1,
        timers: {},
        operation: null,
        lastCounted: null,
        session: null,
        position: {
          value: { unloaded: 'idle' },
          context: {
            ...identity,
            transitionTimeout: 30_000,
            drainTimeout: 60_000,
            capacity: 10_000,
            previousState: null,
            pendingRequests: 0,
            failureReason: null,
            operation: null,
            forced: false,
          },
        },
      },
    ]);
  });

  it('is taken with the capacity that the record has, and with 10 000 where an older one has none', () => {
    const { position, ...rest } = begin().record;
    const { capacity: _, ...context } = position.context;
    const read = [{ ...context, capacity: 7 }, context].map((stored) =>
      lifecycleRecordSchema.parse({ ...rest, position: { ...position, context: stored } }),
    );
    const next = read.map((record) => transitionLifecycle(record, { type: 'agent.load' }).record);
    expect([...read, ...next].map((record) => record.position.context.capacity)).toEqual([
      7, 10_000, 7, 10_000,
    ]);
  });

  it('throws for an input that no agent may have', () => {
    expect(() => beginLifecycle({ ...identity, agentId: 'me' }, deployment)).toThrow(
      expect.objectContaining({ code: 'InvalidValue', field: 'AgentId' }),
    );
  });

  it('tells what is to be begun and armed, and keeps it', () => {
    const { record, effects } = after('agent.load');
    expect(effects).toEqual([
      { type: 'arm', timer: TIMER, token: 8, delay: 30_000 },
      {
        type: 'begin',
        serial: 8,
        byTimer: false,
        input: { ...identity, operation: 'loading', forced: false },
      },
    ]);
    expect([record.timers, record.revision]).toEqual([
      { [TIMER]: { token: 8, delay: 30_000, event: TIMER } },
      8,
    ]);
  });

  it('cancels what is left, and no timer runs for it any more', () => {
    const { record, effects } = after('agent.load', 'agent.unload');
    expect([effects, record.timers, record.operation]).toEqual([
      [{ type: 'cancel', invocation: 'invocation 8' }],
      {},
      null,
    ]);
  });

  it('names a timer anew each time, so that one of before is never taken for it', () => {
    const { record } = after('agent.load', 'agent.unload', 'agent.load');
    expect([record.timers[TIMER]?.token, record.operation?.serial]).toEqual([10, 10]);
  });

  it('cancels nothing that has ended by itself', () => {
    const { effects } = after('agent.load', 'xstate.done.actor.loading');
    expect(effects.map(({ type }) => type)).toEqual(['emit']);
  });

  it('tells a refusal, and changes nothing else', () => {
    const before = after('agent.load');
    const { record, effects } = transitionLifecycle(before.record, { type: 'agent.start' });
    expect(effects).toEqual([
      {
        type: 'emit',
        event: {
          type: 'lifecycle.rejected',
          event: { type: 'agent.start' },
          error: expect.objectContaining({ code: 'InvalidTransition' }),
          accepts: ['agent.unload', 'agent.fail'],
        },
      },
    ]);
    expect(record).toEqual({ ...before.record, revision: before.record.revision + 1 });
  });

  it('leaves no timer behind when the lifecycle has ended', () => {
    const { record } = after('agent.load', 'agent.fail');
    expect([snapshotOf(record).status, record.timers, record.operation]).toEqual(['done', {}, null]);
  });

  it('decides a drain by the requests that a host has counted', () => {
    const running = after(
      'agent.load',
      'xstate.done.actor.loading',
      'agent.instantiate',
      'xstate.done.actor.instantiating',
      'agent.start',
      'xstate.done.actor.starting',
    ).record;
    const drained = (pending: number) =>
      transitionLifecycle(withPending(running, pending), { type: 'agent.drain' }).record.position.value;
    expect([drained(0), drained(2)]).toEqual([{ draining: 'stopping' }, { draining: 'awaitingRequests' }]);
  });

  it('reports the last known count of requests where nobody could tell it, and is forced', () => {
    const running = after(
      'agent.load',
      'xstate.done.actor.loading',
      'agent.instantiate',
      'xstate.done.actor.instantiating',
      'agent.start',
      'xstate.done.actor.starting',
    ).record;
    const contexts = [0, 3].flatMap((pending) => {
      const uncounted = withUncounted(withPending(running, pending));
      const drained = transitionLifecycle(uncounted, { type: 'agent.drain' }).record;
      const stopped = transitionLifecycle(drained, { type: 'agent.stop' }).record;
      const failed = transitionLifecycle(drained, { type: 'agent.fail' }).record;
      return [drained, stopped, failed].map(({ position }) => position.context);
    });
    expect(contexts.map(({ pendingRequests, forced }) => [pendingRequests, forced])).toEqual([
      [1, false],
      [0, true],
      [0, false],
      [3, false],
      [3, true],
      [3, false],
    ]);
  });

  it('is written as JSON and read as it was', () => {
    const { record } = after('agent.load');
    expect(JSON.parse(JSON.stringify(record))).toEqual(record);
  });
});
