import { describe, expect, it } from '@jest/globals';
import { getEventListeners } from 'node:events';
import {
  createAgentHost,
  type Agent,
  type AgentDriver,
  type AgentLifecycleEmitted,
  type DriverDeployment,
  type DrainReport,
} from '../../src/index.js';
import { VERSION } from '../lifecycle-rig.js';
import { hostWith, runningAgent, turn } from './host-rig.js';
import { ScriptedDriver } from './scripted-driver.js';

const NOTHING_LEFT: DrainReport = {
  completed: 0,
  handedOver: [],
  aborted: [],
  abandoned: [],
  forced: false,
  durations: { waited: 0, stopped: 0, total: 0 },
};

function success(previousState: string, currentState: string) {
  return { result: { success: true, previousState, currentState, error: null }, error: null };
}

describe('a command', () => {
  it('answers when its operation is done', async () => {
    const { deploy } = hostWith();
    const agent = deploy();
    expect([await agent.load(), await agent.instantiate(), await agent.start(), await agent.stop()]).toEqual([
      success('unloaded', 'loaded'),
      success('loaded', 'ready'),
      success('ready', 'running'),
      success('running', 'stopped'),
    ]);
  });

  it('run does what is left to do', async () => {
    const { deploy, driver } = hostWith();
    const agent = deploy();
    await agent.load();
    expect(await agent.run()).toEqual(success('loaded', 'running'));
    expect(driver.calls.map(({ method }) => method)).toEqual(['load', 'instantiate', 'start']);
  });

  it.each([
    ['load', 'unloaded'],
    ['instantiate', 'loaded'],
    ['start', 'ready'],
  ] as const)('run answers the first error: of %s', async (method, from) => {
    const driver = new ScriptedDriver();
    driver.throws.set(method, new Error('boom'));
    const answer = await hostWith(driver).deploy().run();
    expect(answer.result).toMatchObject({
      success: false,
      previousState: 'unloaded',
      currentState: 'failed',
    });
    expect([from, answer.error?.code]).toEqual([from, 'OperationFailed']);
  });

  it('unload brings a loaded agent back, to be loaded again', async () => {
    const agent = hostWith().deploy();
    await agent.load();
    expect([await agent.unload(), await agent.load()]).toEqual([
      success('loaded', 'unloaded'),
      success('unloaded', 'loaded'),
    ]);
  });

  it('that is refused answers why', async () => {
    const agent = hostWith().deploy();
    const { result, error } = await agent.start();
    expect([result, error?.toJSON()]).toEqual([
      {
        success: false,
        previousState: 'unloaded',
        currentState: 'unloaded',
        error: 'Invalid state transition from unloaded to running',
      },
      {
        code: 'InvalidTransition',
        from: 'unloaded',
        to: 'running',
        message: 'Invalid state transition from unloaded to running',
      },
    ]);
  });

  it('that fails answers the reason, with its cause', async () => {
    const driver = new ScriptedDriver();
    const boom = new Error('boom');
    driver.throws.set('load', boom);
    const { result, error } = await hostWith(driver).deploy().load();
    expect([result.error, error?.code, error?.cause]).toEqual([
      'Operation failed: loading: boom',
      'OperationFailed',
      boom,
    ]);
  });

  it('that runs out of time answers that, and aborts the driver', async () => {
    const { driver, clock, deploy } = hostWith(new ScriptedDriver().hold('load'));
    const agent = deploy();
    const load = agent.load();
    await turn();
    clock.increment(30_000);
    expect([(await load).error?.toJSON(), driver.last('load').signal.aborted]).toEqual([
      { code: 'TimeoutExceeded', timeoutMs: 30_000, message: 'Transition timeout exceeded: 30000ms' },
      true,
    ]);
  });

  it.each([
    ['load', 'unload', 'loading', 'unloaded'],
    ['start', 'stop', 'starting', 'stopped'],
  ] as const)('%s that is given up for %s answers that', async (method, other, operation, state) => {
    const { deploy, driver } = hostWith(new ScriptedDriver().hold(method));
    const agent = deploy();
    if (method === 'start') {
      await agent.load();
      await agent.instantiate();
    }
    const given = agent[method]();
    await turn();
    const taken = await agent[other]();
    expect([
      taken.result.currentState,
      (await given).error?.toJSON(),
      driver.last(method).signal.aborted,
    ]).toEqual([
      state,
      { code: 'OperationCancelled', operation, message: `Operation cancelled: ${operation}` },
      true,
    ]);
  });

  it('whose agent is failed in the middle answers that it was cancelled', async () => {
    const { deploy } = hostWith(new ScriptedDriver().hold('load'));
    const agent = deploy();
    const load = agent.load();
    await turn();
    expect(await agent.fail('told to')).toEqual(success('unloaded', 'failed'));
    expect((await load).error?.code).toBe('OperationCancelled');
  });

  it('whose agent fails by itself in the middle answers that the operation failed, with the reason', async () => {
    const { deploy, driver } = hostWith(new ScriptedDriver().hold('load'));
    const agent = deploy();
    const load = agent.load();
    await turn();
    const reason = new Error('no database');
    driver.deployment?.fail(reason);
    const { error } = await load;
    expect([error?.toJSON(), error?.cause]).toEqual([
      {
        code: 'OperationFailed',
        operation: 'loading',
        reason: 'no database',
        message: expect.stringContaining('no database') as unknown,
      },
      reason,
    ]);
  });

  it('answers TerminalState once the agent has ended', async () => {
    const agent = hostWith().deploy();
    await agent.fail('told to');
    const { error } = await agent.load();
    expect(error?.toJSON()).toMatchObject({ code: 'TerminalState', state: 'failed' });
  });

  it('answers what came of it, whatever a listener does next', async () => {
    const agent = hostWith().deploy();
    const next: unknown[] = [];
    agent.subscribe((event) => {
      if (event.type === 'lifecycle.transitioned' && event.to === 'loaded') next.push(agent.instantiate());
    });
    expect(await agent.load()).toEqual(success('unloaded', 'loaded'));
    expect(await Promise.all(next)).toEqual([success('loaded', 'ready')]);
  });

  it('that was cancelled answers that, though the same was begun again', async () => {
    const { deploy, driver } = hostWith(new ScriptedDriver().hold('load'));
    const agent = deploy();
    const commands = [agent.load(), agent.unload(), agent.load()];
    await turn();
    driver.last('load').resolve();
    expect((await Promise.all(commands)).map(({ error }) => error?.code ?? null)).toEqual([
      'OperationCancelled',
      null,
      null,
    ]);
  });

  it('whose driver has the agent do something else in the middle answers that it was cancelled', async () => {
    const driver = new ScriptedDriver().hold('load');
    const host = createAgentHost({
      drivers: {
        hasty: (deployment) => ({
          ...driver.factory(deployment),
          load: () => {
            agent.actor.send({ type: 'agent.unload' });
          },
        }),
      },
    });
    const agent = host.deploy({ name: 'agent', driver: 'hasty' });
    expect((await agent.load()).error?.toJSON()).toMatchObject({
      code: 'OperationCancelled',
      operation: 'loading',
    });
  });

  it('may be given from within a listener', async () => {
    const agent = hostWith().deploy();
    const answers: unknown[] = [];
    const done = new Promise<void>((resolve) => {
      agent.actor.on('lifecycle.transitioned', ({ to }) => {
        if (to !== 'loaded') return;
        void Promise.all([agent.start(), agent.instantiate()]).then((both) => {
          answers.push(...both.map(({ error }) => error?.code ?? null));
          resolve();
        });
      });
    });
    await agent.load();
    await done;
    expect(answers).toEqual(['InvalidTransition', null]);
  });
});

describe('a drain', () => {
  it('waits for the requests in flight', async () => {
    const { agent, driver } = await runningAgent(new ScriptedDriver().hold('handle'));
    const request = agent.request('hello');
    await turn();
    const drain = agent.drain();
    await turn();
    expect([agent.state, agent.record.pendingRequests]).toEqual(['draining', 1]);
    driver.last('handle').resolve('answer');
    expect([await request, await drain]).toEqual([
      'answer',
      { ...success('running', 'stopped'), report: { ...NOTHING_LEFT, completed: 1 } },
    ]);
  });

  it('accepts no more requests', async () => {
    const { agent } = await runningAgent(new ScriptedDriver().hold('handle'));
    const first = agent.request(1).catch(() => null);
    await turn();
    const drain = agent.drain();
    await turn();
    await expect(agent.request(2)).rejects.toMatchObject({
      code: 'NotAcceptingRequests',
      cause: { code: 'NotAcceptingRequests', state: 'draining' },
    });
    await agent.stop();
    await Promise.all([first, drain]);
  });

  it('aborts what is in flight at its deadline, and is then forced', async () => {
    const { agent, driver, clock } = await runningAgent(new ScriptedDriver().hold('handle'));
    const request = agent.request('hello');
    await turn();
    const drain = agent.drain();
    await turn();
    clock.increment(59_999);
    expect(driver.last('handle').signal.aborted).toBe(false);
    clock.increment(1);
    expect(driver.last('handle').signal.reason).toMatchObject({ code: 'DrainTimeoutExceeded' });
    await expect(request).rejects.toMatchObject({ code: 'DrainTimeoutExceeded' });
    const report = {
      ...NOTHING_LEFT,
      abandoned: [{ id: '1-1', age: 60_000 }],
      forced: true,
      durations: { waited: 60_000, stopped: 0, total: 60_000 },
    };
    expect(await drain).toEqual({ ...success('running', 'stopped'), report });
    expect([driver.last('stop').forced, agent.report]).toEqual([
      true,
      {
        name: 'agent',
        generation: 1,
        state: 'stopped',
        failureReason: null,
        abandonedRequests: 1,
        forced: true,
        drain: report,
        replaced: [],
      },
    ]);
  });

  it('ends with a stop, which aborts what is in flight', async () => {
    const { agent } = await runningAgent(new ScriptedDriver().hold('handle'));
    const request = agent.request('hello');
    await turn();
    const drain = agent.drain();
    await turn();
    const stop = agent.stop();
    await expect(request).rejects.toMatchObject({ code: 'AgentStopped' });
    expect([await stop, await drain]).toEqual([
      success('draining', 'stopped'),
      {
        ...success('running', 'stopped'),
        report: { ...NOTHING_LEFT, abandoned: [{ id: '1-1', age: 0 }], forced: true },
      },
    ]);
  });

  it('whose agent is failed answers that it has ended', async () => {
    const { agent } = await runningAgent(new ScriptedDriver().hold('handle'));
    const request = agent.request('hello');
    await turn();
    const drain = agent.drain();
    await turn();
    await agent.fail('told to');
    await expect(request).rejects.toMatchObject({ code: 'AgentFailed' });
    expect((await drain).error?.toJSON()).toMatchObject({ code: 'TerminalState', state: 'failed' });
  });

  it('whose stop fails answers that', async () => {
    const driver = new ScriptedDriver();
    driver.throws.set('stop', new Error('stuck'));
    const { agent } = await runningAgent(driver);
    expect((await agent.drain()).error?.toJSON()).toMatchObject({
      code: 'OperationFailed',
      operation: 'stopping',
    });
  });
});

describe('a request', () => {
  it('is pending until it is answered', async () => {
    const { agent, driver } = await runningAgent(new ScriptedDriver().hold('handle'));
    const request = agent.request('hello');
    await turn();
    expect([agent.record.pendingRequests, driver.last('handle').payload]).toEqual([1, 'hello']);
    driver.last('handle').resolve('answer');
    expect([await request, agent.record.pendingRequests]).toEqual(['answer', 0]);
  });

  it.each([
    ['throws', (driver: ScriptedDriver) => driver.throws.set('handle', new Error('boom'))],
    [
      'rejects',
      (driver: ScriptedDriver) => {
        driver.hold('handle');
        setImmediate(() => {
          driver.last('handle').reject(new Error('boom'));
        });
      },
    ],
  ])('whose driver %s fails, and the agent goes on', async (_, arrange) => {
    const { agent, driver } = await runningAgent();
    arrange(driver);
    await expect(agent.request('hello')).rejects.toMatchObject({
      name: 'RequestError',
      code: 'RequestFailed',
      agent: 'agent',
      message: 'The agent failed the request: boom',
    });
    expect([agent.state, agent.record.pendingRequests]).toEqual(['running', 0]);
  });

  it('that its caller gives up is aborted, and pending until the driver has ended it', async () => {
    const { agent, driver } = await runningAgent(new ScriptedDriver().hold('handle'));
    const controller = new AbortController();
    const request = agent.request('hello', { signal: controller.signal });
    await turn();
    controller.abort(new Error('never mind'));
    await expect(request).rejects.toThrow('never mind');
    expect([driver.last('handle').signal.aborted, agent.record.pendingRequests]).toEqual([true, 1]);
    driver.last('handle').reject(new Error('aborted'));
    await turn();
    expect(agent.record.pendingRequests).toBe(0);
  });

  // An engine keeps a shape of its own for each object with another getter, which made a request take five times as long.
  it('has its signal by the same getter as every other', async () => {
    const getters = new Set<unknown>();
    const agent = await agentHandling((call) => {
      const { get } = Object.getOwnPropertyDescriptor(call, 'signal') as { get: unknown };
      getters.add(get);
    });
    await Promise.all([agent.request('one'), agent.request('two')]);
    expect([...getters]).toEqual([expect.any(Function)]);
  });

  it.each<[string, (call: HandleCall) => HandleCall]>([
    ['a copy that a driver makes of the call', (call) => ({ ...call })],
    ['an object that inherits from it', (call) => Object.create(call) as HandleCall],
    ['a proxy of it', (call) => new Proxy(call, {})],
  ])('has its signal in %s', async (_, wrapped) => {
    const signals: unknown[] = [];
    const agent = await agentHandling((call) => signals.push(wrapped(call).signal));
    await agent.request('hello');
    expect(signals).toEqual([expect.any(AbortSignal)]);
  });

  it('is given up, and counted no more, when its signal is aborted as it is accepted', async () => {
    const { agent, driver } = await runningAgent();
    const controller = new AbortController();
    agent.actor.subscribe(() => {
      controller.abort(new Error('gone'));
    });
    await expect(agent.request('hello', { signal: controller.signal })).rejects.toThrow('gone');
    // Its caller is told at once, whatever the agent does.
    await turn();
    expect([driver.last('handle').signal.aborted, agent.record.pendingRequests]).toEqual([true, 0]);
  });

  it('shares the signal of its caller with any number of others', async () => {
    const { agent, driver } = await runningAgent();
    driver.hold('handle');
    const controller = new AbortController();
    const warned: unknown[] = [];
    const warn = (warning: unknown) => void warned.push(warning);
    process.on('warning', warn);
    const requests = Array.from({ length: 50 }, () => agent.request('hello', { signal: controller.signal }));
    await turn();
    // Each that listened there would bring the warning of a leak nearer.
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    controller.abort(new Error('all'));
    const ends = await Promise.allSettled(requests);
    process.off('warning', warn);
    expect([new Set(ends.map(({ status }) => status)), warned]).toEqual([new Set(['rejected']), []]);
  });

  it('leaves nothing at a signal that outlives it', async () => {
    const { agent, driver } = await runningAgent();
    const { signal } = new AbortController();
    await agent.request('hello', { signal });
    const { signal: driversSignal } = driver.last('handle');
    expect([signal, driversSignal].map((each) => getEventListeners(each, 'abort'))).toEqual([[], []]);
  });

  it('that was given up before it began never reaches the agent', async () => {
    const { agent, driver } = await runningAgent();
    await expect(agent.request('hello', { signal: AbortSignal.abort(new Error('late')) })).rejects.toThrow(
      'late',
    );
    expect(driver.count('handle')).toBe(0);
  });

  it('to an agent that has failed is refused with the reason as the cause', async () => {
    const driver = new ScriptedDriver();
    const problem = new Error('no database');
    driver.throws.set('start', problem);
    const { agent } = await runningAgent(driver);
    expect(await agent.request('hello').catch((error: unknown) => error)).toMatchObject({
      code: 'NotAcceptingRequests',
      message: 'The agent accepts no requests: Agent is in terminal state: failed',
      cause: { code: 'TerminalState', cause: { message: 'no database', cause: problem } },
    });
    expect((await agent.drain()).error?.cause).toMatchObject({ message: 'no database' });
  });

  it('to an agent that has stopped is refused without a cause', async () => {
    const { agent } = await runningAgent();
    await agent.stop();
    const error: unknown = await agent.request('hello').catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'NotAcceptingRequests',
      cause: { code: 'TerminalState', state: 'stopped' },
    });
    expect((error as Error).cause).not.toHaveProperty('cause');
  });

  it('that is in flight as its agent fails is told of what', async () => {
    const { agent, driver } = await runningAgent(new ScriptedDriver().hold('handle'));
    const request = agent.request('hello').catch((error: unknown) => error);
    await turn();
    driver.deployment?.fail('no database');
    expect(await request).toMatchObject({
      code: 'AgentFailed',
      message: 'The agent failed before the request ended: no database',
      cause: { message: 'no database' },
    });
  });

  it('is refused over the capacity, and those before it are not', async () => {
    const { agent, driver } = await runningAgent(new ScriptedDriver().hold('handle'), {
      requests: { queue: 0 },
    });
    const requests = Array.from({ length: 10_000 }, (_, index) => agent.request(index));
    await turn();
    await expect(agent.request('one more')).rejects.toMatchObject({
      code: 'TooManyRequests',
      cause: { code: 'TooManyPendingRequests', current: 10_000 },
    });
    for (const call of driver.calls.filter(({ method }) => method === 'handle')) call.resolve(call.payload);
    expect(await Promise.all(requests)).toEqual(Array.from({ length: 10_000 }, (_, index) => index));
    expect(agent.record.pendingRequests).toBe(0);
  });
});

describe('the end of an agent', () => {
  it.each([
    ['stop', (agent: Agent) => agent.stop()],
    ['drain', (agent: Agent) => agent.drain()],
    ['fail', (agent: Agent) => agent.fail('told to')],
  ])('by %s disposes of its driver once', async (_, end) => {
    const { agent, driver } = await runningAgent();
    await end(agent);
    await agent.stop();
    expect(driver.count('dispose')).toBe(1);
  });

  it('comes when its driver says so', async () => {
    const { agent, driver } = await runningAgent();
    driver.deployment?.fail(new Error('it crashed'));
    expect([agent.state, agent.record.failureReason]).toEqual(['failed', 'it crashed']);
    driver.deployment?.fail(new Error('again'));
    expect([agent.record.failureReason, driver.count('dispose')]).toEqual(['it crashed', 1]);
  });

  it('leaves nothing pending: what did not end is in its report', async () => {
    const { agent } = await runningAgent();
    const lease = await agent.accept();
    await agent.accept();
    await agent.stop();
    lease.release();
    expect([agent.record.pendingRequests, agent.report.abandonedRequests]).toEqual([0, 2]);
  });

  it('does not wait for ever for a dispose that hangs', async () => {
    const { agent, driver, clock, errors } = await runningAgent(new ScriptedDriver().hold('dispose'));
    const stop = agent.stop();
    await turn();
    clock.increment(30_000);
    expect(await stop).toEqual(success('running', 'stopped'));
    expect([driver.last('dispose').signal.aborted, errors]).toEqual([
      true,
      [expect.objectContaining({ code: 'TimeoutExceeded' })],
    ]);
  });

  it('hands on what a dispose throws', async () => {
    const driver = new ScriptedDriver();
    driver.throws.set('dispose', new Error('boom'));
    const { agent, errors } = await runningAgent(driver);
    await agent.stop();
    expect(errors).toEqual([new Error('boom')]);
  });
});

describe('a listener', () => {
  it('hears transitions and refusals, once the state has changed', async () => {
    const { host, deploy } = hostWith();
    const agent = deploy();
    const heard: unknown[] = [];
    const note = (event: AgentLifecycleEmitted, { state }: Agent) => {
      heard.push([event.type, event.type === 'lifecycle.transitioned' ? event.to : event.error.code, state]);
    };
    const subscriptions = [agent.subscribe(note), host.subscribe(note)];
    await agent.start();
    await agent.load();
    for (const subscription of subscriptions) subscription.unsubscribe();
    await agent.unload();
    const refused = ['lifecycle.rejected', 'InvalidTransition', 'unloaded'];
    const loaded = ['lifecycle.transitioned', 'loaded', 'loaded'];
    expect(heard).toEqual([refused, refused, loaded, loaded]);
  });

  it('that throws harms neither the agent nor another listener', async () => {
    const { host, deploy, errors } = hostWith();
    const agent = deploy();
    const heard: string[] = [];
    const boom = () => {
      throw new Error('boom');
    };
    agent.subscribe(boom);
    host.subscribe(boom);
    agent.subscribe(({ type }) => heard.push(type));
    expect(await agent.load()).toEqual(success('unloaded', 'loaded'));
    expect([heard, errors]).toEqual([['lifecycle.transitioned'], [new Error('boom'), new Error('boom')]]);
  });

  it('hears everything in its order, whatever another does about it', async () => {
    const { agent, host } = await runningAgent();
    const heard: string[] = [];
    host.watch(({ type }, { isCordoned }) => {
      if (type === 'cordoned' && isCordoned) agent.uncordon();
    });
    host.watch(({ type }) => {
      heard.push(type);
    });
    agent.cordon();
    expect(heard).toEqual(['cordoned', 'uncordoned']);
  });

  it('that is async and rejects harms nobody', async () => {
    const { deploy, errors } = hostWith();
    const agent = deploy();
    agent.subscribe(() => Promise.reject(new Error('later')) as unknown as undefined);
    await agent.load();
    expect(errors).toEqual([new Error('later')]);
  });

  it('that rejects by something like a promise harms nobody', async () => {
    const { errors, deploy, host } = hostWith();
    const like = {
      then: (_: unknown, reject: (error: unknown) => void) => {
        reject('like one');
      },
    };
    host.subscribe(() => like);
    const look: () => unknown = async () => Promise.reject(new Error('as it looks'));
    host.inspect({ next: look });
    await deploy().run();
    await turn();
    expect(new Set(errors.map(String))).toEqual(new Set(['like one', 'Error: as it looks']));
  });

  it('of errors or of output that is async and rejects harms nobody', async () => {
    const driver = new ScriptedDriver();
    const reject = (async () => Promise.reject(new Error('again'))) as () => void;
    const host = createAgentHost({
      drivers: { scripted: driver.factory },
      onError: reject,
      onOutput: reject,
    });
    const agent = host.deploy({ name: 'agent', driver: 'scripted' });
    agent.subscribe(() => {
      throw new Error('broken');
    });
    await agent.run();
    driver.deployment?.output('stdout', 'hello');
    await turn();
    expect(agent.state).toBe('running');
  });

  it('that is a memory, and throws, harms nobody', async () => {
    const errors: unknown[] = [];
    const fail = () => {
      throw new Error('the disk is full');
    };
    const host = createAgentHost({
      drivers: { scripted: new ScriptedDriver().factory },
      persistence: {
        assertSerializable: () => undefined,
        load: () => null,
        save: fail,
        saveLater: fail,
        delete: fail,
      },
      onError: (error) => errors.push(error),
    });
    const agent = host.deploy({ name: 'agent', driver: 'scripted' });
    await agent.run();
    await host.remove('agent');
    expect([agent.state, host.agents, new Set(errors.map(String))]).toEqual([
      'stopped',
      [],
      new Set(['Error: the disk is full']),
    ]);
  });

  it('of errors that throws itself harms nobody', async () => {
    const driver = new ScriptedDriver();
    driver.throws.set('dispose', new Error('boom'));
    const host = createAgentHost({
      drivers: { scripted: driver.factory },
      onError: () => {
        throw new Error('not again');
      },
    });
    const agent = host.deploy({ name: 'agent', driver: 'scripted' });
    expect(await agent.fail()).toEqual(success('unloaded', 'failed'));
  });
});

describe('a deployment', () => {
  it('is found by its name', () => {
    const { host, deploy } = hostWith();
    const agent = deploy();
    expect([host.agent('agent'), host.agents]).toEqual([agent, [agent]]);
  });

  it('under the name of an agent that has ended is its next generation', async () => {
    const { host, deploy } = hostWith();
    const first = deploy();
    await first.fail('told to');
    const second = host.deploy(first.spec);
    expect([second.generation, second.record.agentId, host.agents]).toEqual([
      2,
      first.record.agentId,
      [second],
    ]);
  });

  it('keeps the identity and the timeouts that it is given', () => {
    const { host } = hostWith();
    const agent = host.deploy({
      name: 'agent',
      driver: 'scripted',
      version: VERSION,
      versionNumber: 7,
      transitionTimeout: 1_000,
      drainTimeout: 5_000,
    });
    expect({ ...agent.record }).toMatchObject({
      agentName: 'agent',
      version: VERSION,
      versionNumber: 7,
      transitionTimeout: 1_000,
      drainTimeout: 5_000,
    });
  });

  it('of a driver that fails while it is made has failed', () => {
    const failing = createAgentHost({
      drivers: {
        failing: (deployment) => {
          deployment.fail('too early');
          return new ScriptedDriver().factory(deployment);
        },
      },
    });
    const { state, record } = failing.deploy({ name: 'agent', driver: 'failing' });
    expect([state, record.failureReason]).toEqual(['failed', 'too early']);
  });

  it('whose input is refused has no driver made for it', () => {
    const { host, driver } = hostWith();
    expect(() => host.deploy({ name: 'agent', driver: 'scripted', agentId: 'x' })).toThrow(
      'AgentId: expected',
    );
    expect(driver.deployment).toBeNull();
  });

  it('that is none is refused', () => {
    expect(() => hostWith().host.deploy(null as never)).toThrow(
      'AgentSpec: expected an object, received null',
    );
  });

  it('under the name of an agent that lives is refused', () => {
    const { deploy } = hostWith();
    deploy();
    expect(deploy).toThrow(
      expect.objectContaining({
        code: 'AgentExists',
        message: 'An agent named "agent" exists and has not ended: it is unloaded',
      }),
    );
  });

  it.each([
    [
      { name: '', driver: 'scripted' },
      { code: 'InvalidValue', field: 'AgentName' },
    ],
    [
      { name: 'a', driver: 'scripted', drainTimeout: 1 },
      { code: 'InvalidValue', field: 'DrainTimeout' },
    ],
    [{ name: 'a', driver: 'none' }, { code: 'UnknownDriver' }],
    [{ name: 'a', driver: 'toString' }, { code: 'UnknownDriver' }],
  ])('of %j is refused, and leaves nothing behind', (spec, error) => {
    const { host } = hostWith();
    expect(() => host.deploy(spec)).toThrow(expect.objectContaining(error));
    expect(host.agents).toEqual([]);
  });

  it('of a name that nobody has is not found', () => {
    expect(() => hostWith().host.agent('nobody')).toThrow('No agent is named "nobody"');
  });
});

it.each([0, -5, 1.5, NaN])('a host refuses a journal of %p entries', (journalCapacity) => {
  expect(() => createAgentHost({ drivers: {}, journalCapacity })).toThrow(
    `journalCapacity: expected an integer from 1 to 2147483647, received ${journalCapacity}`,
  );
});

it('what is no driver is refused when it is deployed', () => {
  const host = createAgentHost({ drivers: { none: () => null as never } });
  expect(() => host.deploy({ name: 'agent', driver: 'none' })).toThrow(
    'The driver none: expected an AgentDriver, with a function as handle',
  );
});

describe('removing an agent', () => {
  it('on which others depend is refused', async () => {
    const { host, deploy } = hostWith();
    deploy({ name: 'store' });
    deploy({ name: 'page', dependsOn: ['store'] });
    await expect(host.remove('store')).rejects.toThrow('Other agents depend on "store": page');
    expect(host.agents.length).toBe(2);
  });

  it('brings it down first', async () => {
    const { host, agent, driver } = await runningAgent();
    expect(await host.remove('agent')).toMatchObject({ state: 'stopped' });
    expect([host.agents, driver.calls.map(({ method }) => method), agent.state]).toEqual([
      [],
      ['load', 'instantiate', 'start', 'stop', 'dispose'],
      'stopped',
    ]);
  });

  it('that never came up disposes of it, and it takes no more commands', async () => {
    const { host, deploy, driver } = hostWith();
    const agent = deploy();
    expect(await host.remove('agent')).toMatchObject({ state: 'unloaded' });
    expect(driver.calls.map(({ method }) => method)).toEqual(['dispose']);
    expect((await agent.load()).error?.toJSON()).toMatchObject({ code: 'TerminalState', state: 'unloaded' });
    await expect(agent.request('hello')).rejects.toMatchObject({ code: 'NotAcceptingRequests' });
  });
});

describe('a shutdown', () => {
  it.each([
    ['unloaded', [], ['dispose']],
    ['loaded', ['load'], ['load', 'unload', 'dispose']],
    ['ready', ['load', 'instantiate'], ['load', 'instantiate', 'stop', 'dispose']],
    ['running', ['load', 'instantiate', 'start'], ['load', 'instantiate', 'start', 'stop', 'dispose']],
  ] as const)('brings down an agent that is %s', async (state, steps, calls) => {
    const { host, deploy, driver } = hostWith();
    const agent = deploy();
    for (const step of steps) await agent[step]();
    expect(agent.state).toBe(state);
    await host.shutdown();
    expect(driver.calls.map(({ method }) => method)).toEqual(calls);
  });

  it.each(['load', 'instantiate', 'start', 'stop', 'unload'] as const)(
    'ends whatever a driver does in %s',
    async (method) => {
      const { host, deploy, driver, clock } = hostWith(new ScriptedDriver().hold(method));
      const agent = deploy();
      void agent.run();
      await turn();
      const shutdown = host.shutdown();
      for (let seconds = 0; seconds < 200; seconds++) {
        await turn();
        clock.increment(1_000);
      }
      expect(await shutdown).toHaveLength(1);
      expect(driver.count('dispose')).toBe(1);
    },
  );

  it('waits for requests, until it is forced', async () => {
    const { host, agent } = await runningAgent(new ScriptedDriver().hold('handle'));
    const request = agent.request('hello');
    const aborted = expect(request).rejects.toMatchObject({ code: 'AgentStopped' });
    await turn();
    const graceful = host.shutdown();
    await turn();
    expect([agent.state, host.isShuttingDown]).toEqual(['draining', true]);
    const reports = await host.shutdown({ force: true });
    expect([reports, await graceful]).toEqual([
      [
        {
          name: 'agent',
          generation: 1,
          state: 'stopped',
          failureReason: null,
          abandonedRequests: 1,
          forced: true,
          drain: { ...NOTHING_LEFT, abandoned: [{ id: '1-1', age: 0 }], forced: true },
          replaced: [],
        },
      ],
      reports,
    ]);
    await aborted;
  });

  it('waits for the end of an earlier generation', async () => {
    const { host, driver, agent } = await runningAgent(new ScriptedDriver().hold('dispose'));
    void agent.stop();
    await turn();
    const dispose = driver.last('dispose');
    driver.held.clear();
    host.deploy(agent.spec);
    let isDown = false;
    const shutdown = host.shutdown().then(() => (isDown = true));
    await turn();
    expect(isDown).toBe(false);
    dispose.resolve();
    expect(await shutdown).toBe(true);
  });

  it('forces earlier generations, too, when it is forced', async () => {
    const { host, driver, agent } = await runningAgent(new ScriptedDriver().hold('handle'));
    void agent.request('held').catch(() => null);
    await turn();
    void agent.swap({ versionNumber: 2 });
    await turn();
    await agent.stop();
    host.deploy(agent.spec);
    await host.shutdown({ force: true });
    expect(driver.count('dispose')).toBe(3);
  });

  it('reports the requests of a version that was being replaced', async () => {
    const { host, agent } = await runningAgent();
    await agent.accept();
    void agent.swap({ versionNumber: 2 });
    await turn();
    const [report] = await host.shutdown({ force: true });
    expect(report).toMatchObject({
      generation: 2,
      forced: false,
      replaced: [
        { generation: 1, forced: true, abandonedRequests: 1, drain: { abandoned: [{ id: '1-1' }] } },
      ],
    });
  });

  it('lets nobody bring an agent up again', async () => {
    const { host, agent } = await runningAgent();
    const shutdown = host.shutdown();
    const swap = agent.swap({ versionNumber: 2 });
    await expect(swap).rejects.toMatchObject({ code: 'AgentLeaving' });
    await shutdown;
    agent.renew();
    expect([(await agent.run()).error?.code, agent.generation, agent.state]).toEqual([
      'TerminalState',
      1,
      'stopped',
    ]);
  });

  it.each([
    ['phaseTimeout', { phaseTimeout: 1.5 }],
    ['phaseTimeout', { phaseTimeout: 2 ** 31 }],
    ['preDrainDelay', { preDrainDelay: -1 }],
    ['preDrainDelay', { preDrainDelay: Infinity }],
  ])('refuses a bad %s, and brings nothing down: %j', async (field, options) => {
    const { host, agent } = await runningAgent();
    await expect(host.shutdown(options)).rejects.toMatchObject({ code: 'InvalidValue', field });
    expect([agent.state, host.isShuttingDown]).toEqual(['running', false]);
  });

  it('ends all deployments', async () => {
    const { host, deploy } = hostWith();
    await host.shutdown();
    expect(deploy).toThrow('The host is shutting down');
  });
});

describe('a driver that reports while it is made', () => {
  const early = (report: (deployment: DriverDeployment) => void) => {
    const { factory } = new ScriptedDriver();
    const outputs: unknown[] = [];
    const emitted: string[] = [];
    const written: string[] = [];
    const host = createAgentHost({
      drivers: {
        early: (deployment) => {
          report(deployment);
          return factory(deployment);
        },
        refused: () => {
          throw new Error('no such agent');
        },
      },
      onOutput: ({ text }, agent) => outputs.push([text, agent === host.agents[0]]),
    });
    host.subscribe((event) => emitted.push(event.type));
    host.watch((entry) => written.push(entry.type));
    return { host, outputs, emitted, written };
  };

  it('is heard once its agent is deployed', () => {
    const { host, outputs, emitted, written } = early((deployment) => {
      deployment.notice('odd');
      deployment.output('stdout', 'hello');
      deployment.fail('no database');
    });
    const agent = host.deploy({ name: 'agent', driver: 'early', restart: { type: 'permanent' } });
    expect([agent.state, outputs]).toEqual(['failed', [['hello', true]]]);
    expect([emitted, written]).toEqual([['lifecycle.transitioned'], ['deployed', 'notice', 'transition']]);
  });

  it('is not heard where another agent of the same call cannot be made', () => {
    const { host, outputs, emitted, written } = early((deployment) => {
      deployment.notice('odd');
      deployment.output('stdout', 'hello');
      deployment.fail('no database');
    });
    const specs = [
      { name: 'agent', driver: 'early' },
      { name: 'other', driver: 'refused' },
    ];
    expect(() => host.deployAll(specs)).toThrow('no such agent');
    expect([host.agents, outputs, emitted, written]).toEqual([[], [], [], []]);
  });
});

type HandleCall = Parameters<AgentDriver['handle']>[1];

/** One that runs, whose driver does that with what it is told of a request. */
async function agentHandling(handle: (call: HandleCall) => unknown): Promise<Agent> {
  const { factory } = new ScriptedDriver();
  const host = createAgentHost({
    drivers: { looking: (deployment) => ({ ...factory(deployment), handle: (_, call) => handle(call) }) },
  });
  const agent = host.deploy({ name: 'agent', driver: 'looking' });
  await agent.run();
  return agent;
}
