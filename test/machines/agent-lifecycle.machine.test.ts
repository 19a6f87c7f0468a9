import { describe, expect, it } from '@jest/globals';
import { createActor, fromPromise, toPromise, waitFor } from 'xstate';
import {
  accepts,
  AGENT_LIFECYCLE_STATES,
  agentLifecycleMachine,
  InvalidValueError,
  validTransitions,
  type AgentFinalState,
  type AgentLifecycleEventType,
  type AgentLifecycleMachineInput,
  type AgentOperation,
  type LifecycleRejected,
} from '../../src/index.js';
import { agentLifecycleChart } from '../../machines/agent-lifecycle.machine.js';
import { AGENT_ID, INPUT, LifecycleRig, lifecycleIn, VERSION } from '../lifecycle-rig.js';

describe('a lifecycle', () => {
  it('runs as it is, its operations done at once', async () => {
    const actor = createActor(agentLifecycleMachine, { input: INPUT }).start();
    const steps = [
      ['agent.load', 'loaded'],
      ['agent.instantiate', 'ready'],
      ['agent.start', 'running'],
      ['agent.drain', 'stopped'],
    ] as const;
    for (const [type, reached] of steps) {
      actor.send({ type });
      await waitFor(actor, (snapshot) => snapshot.hasTag(reached));
    }
    expect(await toPromise(actor)).toEqual({
      state: 'stopped',
      failureReason: null,
      abandonedRequests: 0,
      forced: false,
    });
  });

  it.each<[Partial<AgentLifecycleMachineInput>, string]>([
    [{ agentId: 'x' }, 'AgentId'],
    [{ agentName: '' }, 'AgentName'],
    [{ version: 'x' }, 'AgentVersion'],
    [{ versionNumber: 0 }, 'VersionNumber'],
    [{ transitionTimeout: 300_001 }, 'TransitionTimeout'],
    [{ drainTimeout: 600_001 }, 'DrainTimeout'],
    [{ capacity: 0 }, 'Capacity'],
    [{ capacity: 10_001 }, 'Capacity'],
    [{ capacity: 1.5 }, 'Capacity'],
    [{ capacity: '1' as never }, 'Capacity'],
    [{ capacity: null as never }, 'Capacity'],
  ])('is refused with input %j when its actor is created', (bad, field) => {
    const snapshot = createActor(agentLifecycleMachine, { input: { ...INPUT, ...bad } }).getSnapshot();
    expect([snapshot.status, snapshot.error]).toEqual(['error', expect.any(InvalidValueError)]);
    expect(snapshot.error).toMatchObject({ field });
  });

  it('keeps a context that is the same after a round trip through JSON', async () => {
    const { context } = (await lifecycleIn('running')).snapshot;
    expect(JSON.parse(JSON.stringify(context))).toEqual(context);
  });

  it('tells an operation whose it is and which', () => {
    const rig = new LifecycleRig();
    rig.send({ type: 'agent.load' });
    expect(rig.inFlight.input).toEqual({
      agentId: AGENT_ID,
      agentName: 'test-agent',
      version: VERSION,
      versionNumber: 1,
      operation: 'loading',
      forced: false,
    });
  });

  it('tells a forced stop that it is forced', async () => {
    const rig = await lifecycleIn('running');
    rig.send({ type: 'request.accept' });
    rig.send({ type: 'agent.stop' });
    expect(rig.inFlight.input).toMatchObject({ operation: 'stopping', forced: true });
  });

  it('may idle for ever once it is ready', async () => {
    const rig = await lifecycleIn('ready');
    rig.clock.increment(2 ** 31);
    expect(rig.snapshot.value).toEqual({ ready: 'idle' });
  });

  it('fails with a foreign error of an operation as it can be described', async () => {
    const rig = new LifecycleRig();
    rig.send({ type: 'agent.load' });
    await rig.break('loading', { code: 7 });
    expect(rig.snapshot.context.failureReason).toBe('Unknown failure');
  });

  it('takes an operation that throws at once as one that fails', () => {
    const machine = agentLifecycleMachine.provide({
      actors: {
        loading: fromPromise(() => {
          throw new Error('no file');
        }),
      },
    });
    const actor = createActor(machine, { input: INPUT }).start();
    actor.send({ type: 'agent.load' });
    expect(actor.getSnapshot().output).toMatchObject({ state: 'failed', failureReason: 'no file' });
  });

  it('fails by itself when it is told to without a reason', () => {
    const rig = new LifecycleRig();
    rig.send({ type: 'agent.fail' });
    expect(rig.snapshot.output).toEqual({
      state: 'failed',
      failureReason: 'Unknown failure',
      abandonedRequests: 0,
      forced: false,
    });
  });
});

describe('a deadline', () => {
  it.each([
    ['unloaded', 'agent.load', { unloaded: 'loading' }],
    ['loaded', 'agent.instantiate', { loaded: 'instantiating' }],
    ['loaded', 'agent.unload', { loaded: 'unloading' }],
    ['ready', 'agent.start', { ready: 'starting' }],
    ['ready', 'agent.stop', { ready: 'stopping' }],
    ['running', 'agent.stop', { running: 'stopping' }],
    ['running', 'agent.drain', { draining: 'stopping' }],
  ] as const)('bounds what %s does on %s', async (state, type, value) => {
    const rig = await lifecycleIn(state, { transitionTimeout: 1_234 });
    rig.send({ type });
    rig.clock.increment(1_233);
    expect(rig.snapshot.value).toEqual(value);
    rig.clock.increment(1);
    expect([rig.snapshot.value, rig.snapshot.context.failureReason, rig.inFlight.signal.aborted]).toEqual([
      'failed',
      'Transition timeout exceeded: 1234ms',
      true,
    ]);
  });

  it('bounds a drain, which is then forced', async () => {
    const rig = await lifecycleIn('running', { drainTimeout: 5_678 });
    rig.send({ type: 'request.accept' });
    rig.send({ type: 'agent.drain' });
    rig.clock.increment(5_677);
    expect(rig.snapshot.value).toEqual({ draining: 'awaitingRequests' });
    rig.clock.increment(1);
    expect(rig.snapshot.value).toEqual({ draining: 'stopping' });
    await rig.finish('stopping');
    expect(rig.snapshot.output).toEqual({
      state: 'stopped',
      failureReason: null,
      abandonedRequests: 1,
      forced: true,
    });
  });

  it('of a stop runs from the moment at which the drain gave up', async () => {
    const rig = await lifecycleIn('running', { transitionTimeout: 1_000, drainTimeout: 5_000 });
    rig.send({ type: 'request.accept' });
    rig.send({ type: 'agent.drain' });
    rig.clock.increment(5_000);
    rig.clock.increment(999);
    expect(rig.snapshot.value).toEqual({ draining: 'stopping' });
    rig.clock.increment(1);
    expect(rig.snapshot.value).toBe('failed');
  });
});

describe('the requests', () => {
  it('are counted up to 10 000, and one more is refused', async () => {
    const rig = await lifecycleIn('running');
    for (let count = 0; count < 9_999; count++) rig.send({ type: 'request.accept' });
    expect(rig.snapshot.context.pendingRequests).toBe(9_999);
    rig.send({ type: 'request.accept' });
    rig.send({ type: 'request.accept' });
    expect([rig.snapshot.context.pendingRequests, rejections(rig)]).toEqual([
      10_000,
      [{ code: 'TooManyPendingRequests', current: 10_000 }],
    ]);
    expect(accepts(rig.snapshot)).not.toContain('request.accept');
    rig.send({ type: 'agent.load' });
    expect(rejections(rig).at(-1)).toEqual({ code: 'InvalidTransition', from: 'running', to: 'loaded' });
    rig.send({ type: 'request.complete' });
    expect([rig.snapshot.context.pendingRequests, accepts(rig.snapshot)]).toEqual([
      9_999,
      expect.arrayContaining(['request.accept']),
    ]);
  });

  it('are counted up to the capacity', async () => {
    const rig = await lifecycleIn('running', { capacity: 2 });
    for (let count = 0; count < 3; count++) rig.send({ type: 'request.accept' });
    expect([rig.snapshot.context.pendingRequests, rejections(rig)]).toEqual([
      2,
      [{ code: 'TooManyPendingRequests', current: 2 }],
    ]);
  });

  it('are counted up to 10 000 by a snapshot that was persisted without a capacity', async () => {
    const { snapshot } = await lifecycleIn('running');
    const { capacity: _, ...context } = snapshot.context;
    const older = { ...snapshot, context: { ...context, pendingRequests: 9_999 } };
    const persisted = JSON.parse(JSON.stringify(older)) as typeof snapshot;
    const actor = createActor(agentLifecycleMachine, { input: INPUT, snapshot: persisted }).start();
    for (let count = 0; count < 2; count++) actor.send({ type: 'request.accept' });
    expect(actor.getSnapshot().context.pendingRequests).toBe(10_000);
  });

  it('are never counted under 0', async () => {
    const rig = await lifecycleIn('running');
    rig.send({ type: 'request.complete' });
    expect([rig.snapshot.context.pendingRequests, rig.emitted]).toEqual([0, []]);
  });

  it('may still end while the agent stops', async () => {
    const rig = await lifecycleIn('running');
    rig.send({ type: 'request.accept' });
    rig.send({ type: 'agent.stop' });
    rig.send({ type: 'request.complete' });
    await rig.finish('stopping');
    expect(rig.snapshot.output).toEqual({
      state: 'stopped',
      failureReason: null,
      abandonedRequests: 0,
      forced: true,
    });
  });
});

describe('a refusal', () => {
  it('names the event, the error and what would be taken', () => {
    const rig = new LifecycleRig();
    rig.send({ type: 'agent.start' });
    expect(rig.emitted).toEqual([
      {
        type: 'lifecycle.rejected',
        event: { type: 'agent.start' },
        error: expect.objectContaining({
          code: 'InvalidTransition',
          from: 'unloaded',
          to: 'running',
        }) as unknown,
        accepts: ['agent.load', 'agent.fail'],
      },
    ]);
  });

  it.each([
    ['ready', 'agent.stop', 'agent.start', { code: 'TransitionInProgress', state: 'ready', to: 'stopped' }],
    ['ready', 'agent.start', 'agent.start', { code: 'TransitionInProgress', state: 'ready', to: 'running' }],
    [
      'unloaded',
      'agent.load',
      'agent.load',
      { code: 'TransitionInProgress', state: 'unloaded', to: 'loaded' },
    ],
    [
      'running',
      'agent.stop',
      'agent.drain',
      { code: 'TransitionInProgress', state: 'running', to: 'stopped' },
    ],
    ['running', 'agent.stop', 'request.accept', { code: 'NotAcceptingRequests', state: 'running' }],
    ['loaded', 'agent.unload', 'agent.load', { code: 'AlreadyInState', state: 'loaded' }],
    ['loaded', 'agent.unload', 'agent.start', { code: 'InvalidTransition', from: 'loaded', to: 'running' }],
    ['loaded', 'agent.unload', 'agent.dance', { code: 'UnknownEvent', type: 'agent.dance' }],
  ] as const)('in %s after %s of %s says why', async (state, begin, type, detail) => {
    const rig = await lifecycleIn(state);
    rig.send({ type: begin });
    rig.send({ type });
    expect(rejections(rig)).toEqual([detail]);
  });

  it.each(['agent.drain', 'agent.stop'] as const)(
    'are refused as not accepted after %s, also at capacity',
    async (type) => {
      const rig = await lifecycleIn('running');
      for (let count = 0; count < 10_000; count++) rig.send({ type: 'request.accept' });
      rig.send({ type });
      rig.send({ type: 'request.accept' });
      const state = type === 'agent.drain' ? 'draining' : 'running';
      expect([rig.snapshot.context.pendingRequests, rejections(rig)]).toEqual([
        10_000,
        [{ code: 'NotAcceptingRequests', state }],
      ]);
    },
  );

  it('heeds the guards that a host provides', async () => {
    const machine = agentLifecycleMachine.provide({ guards: { hasCapacity: () => false } });
    const actor = createActor(machine, { input: INPUT }).start();
    const heard: LifecycleRejected[] = [];
    actor.on('lifecycle.rejected', (event) => heard.push(event));
    for (const [type, tag] of [
      ['agent.load', 'loaded'],
      ['agent.instantiate', 'ready'],
      ['agent.start', 'running'],
    ] as const) {
      actor.send({ type });
      await waitFor(actor, (snapshot) => snapshot.hasTag(tag));
    }
    actor.send({ type: 'request.accept' });
    expect(heard.map((event) => [event.error.code, event.accepts])).toEqual([
      ['TooManyPendingRequests', accepts(actor.getSnapshot())],
    ]);
    expect(accepts(actor.getSnapshot())).not.toContain('request.accept');
  });

  it('keeps the snapshot as it was', () => {
    const rig = new LifecycleRig();
    const before = rig.snapshot;
    rig.send({ type: 'agent.start' });
    expect(rig.snapshot).toBe(before);
  });
});

describe("XState's own events that come late", () => {
  it.each(['xstate.done.actor.loading', 'xstate.error.actor.loading', 'xstate.whatever'])(
    'change nothing and are not reported: %s',
    (type) => {
      const rig = new LifecycleRig();
      const before = rig.snapshot;
      rig.send({ type, error: new Error('late') });
      expect([rig.snapshot === before, rig.emitted]).toEqual([true, []]);
    },
  );
});

describe('accepts', () => {
  it.each([
    ['unloaded', ['agent.load', 'agent.fail']],
    ['loaded', ['agent.unload', 'agent.fail', 'agent.instantiate']],
    ['ready', ['agent.fail', 'agent.start', 'agent.stop']],
    ['running', ['agent.fail', 'agent.stop', 'request.accept', 'agent.drain', 'request.complete']],
  ] as const)('gives what a %s agent takes', async (state, events) => {
    expect([...accepts((await lifecycleIn(state)).snapshot)].sort()).toEqual([...events].sort());
  });

  it('gives nothing once the actor was stopped', () => {
    const rig = new LifecycleRig();
    rig.actor.stop();
    expect(accepts(rig.snapshot)).toEqual([]);
  });

  it('gives nothing once the lifecycle has ended', () => {
    const rig = new LifecycleRig();
    rig.send({ type: 'agent.fail', reason: 'told to' });
    expect(accepts(rig.snapshot)).toEqual([]);
  });
});

describe('the chart', () => {
  it('names each top state in its own actions', () => {
    for (const [state, node] of Object.entries(agentLifecycleMachine.root.states)) {
      const named = [
        ...node.entry,
        ...node.exit,
        ...[...node.transitions.values()].flat().flatMap((t) => t.actions),
      ]
        .map((action) => (action as { params?: { state?: string } }).params?.state)
        .filter((name) => name !== undefined);
      expect(new Set(named)).toEqual(new Set([state]));
    }
  });

  it.each([
    ['unloaded.idle', ['unloaded']],
    ['unloaded.loading', ['unloaded', 'transitioning']],
    ['loaded.idle', ['loaded']],
    ['loaded.instantiating', ['loaded', 'transitioning']],
    ['loaded.unloading', ['loaded', 'transitioning']],
    ['ready.idle', ['ready']],
    ['ready.starting', ['ready', 'transitioning']],
    ['ready.stopping', ['ready', 'transitioning']],
    ['running.serving', ['running', 'active', 'accepting']],
    ['running.stopping', ['running', 'active', 'transitioning']],
    ['draining.awaitingRequests', ['draining', 'active']],
    ['draining.stopping', ['draining', 'active', 'transitioning']],
    ['stopped', ['stopped', 'terminal']],
    ['failed', ['failed', 'terminal']],
  ])('tags %s with %j', (path, tags) => {
    const [top = '', child] = path.split('.');
    const value = child === undefined ? top : { [top]: child };
    const context = createActor(agentLifecycleMachine, { input: INPUT }).getSnapshot().context;
    const snapshot = agentLifecycleMachine.resolveState({ value, context });
    expect([...snapshot.tags].sort()).toEqual([...tags].sort());
  });

  it.each([
    ['ready', 'starting', true],
    ['ready', 'loading', false],
    ['ready', null, true],
    ['stopped', null, true],
    ['stopped', 'stopping', false],
  ] as const)('knows whether %s has operation %s', (state, operation, has) => {
    expect(agentLifecycleChart.hasOperation(state, operation)).toBe(has);
  });

  it.each([
    ['agent.stop', 'ready', 'starting', 'stopping'],
    ['agent.stop', 'loaded', null, null],
    ['agent.drain', 'running', null, null],
    ['agent.unload', 'unloaded', 'loading', null],
    ['request.accept', 'running', null, null],
  ] as const)('knows the operation that %s begins in %s %s', (event, state, operation, begun) => {
    expect(agentLifecycleChart.operationBegunBy(event, state, operation)).toBe(begun);
  });

  it('has the types of its states, operations, events and tags, and no others', () => {
    // The compiler demands that each of these is whole.
    const operations: Record<AgentOperation, true> = {
      loading: true,
      instantiating: true,
      unloading: true,
      starting: true,
      stopping: true,
    };
    const events: Record<AgentLifecycleEventType, true> = {
      'agent.load': true,
      'agent.instantiate': true,
      'agent.start': true,
      'agent.drain': true,
      'agent.stop': true,
      'agent.unload': true,
      'agent.fail': true,
      'request.accept': true,
      'request.complete': true,
    };
    const finals: Record<AgentFinalState, true> = { stopped: true, failed: true };
    expect([...agentLifecycleChart.operations].sort()).toEqual(Object.keys(operations).sort());
    expect([...agentLifecycleChart.events].sort()).toEqual(Object.keys(events).sort());
    expect(agentLifecycleChart.states.filter((state) => agentLifecycleChart.isFinal(state))).toEqual(
      Object.keys(finals),
    );
  });

  it('cannot be changed from outside', () => {
    expect(() => (AGENT_LIFECYCLE_STATES as string[]).push('flying')).toThrow(TypeError);
    expect(() => (validTransitions('unloaded') as string[]).pop()).toThrow(TypeError);
  });
});

function rejections(rig: LifecycleRig): object[] {
  return rig.emitted
    .filter((event): event is LifecycleRejected => event.type === 'lifecycle.rejected')
    .map(({ error }) => {
      const { message: _, ...detail } = error.toJSON();
      return detail;
    });
}
