import { describe, expect, it } from '@jest/globals';
import { SimulatedClock } from 'xstate';
import {
  createMemoryStore,
  createHostPersistence,
  StoreError,
  type Json,
  type SnapshotStore,
  type StoredValue,
} from '../../../src/durable.js';
import { createAgentHost, type Agent, type AgentHost, type AgentSpec } from '../../../src/index.js';
import { turn } from '../host-rig.js';
import { ScriptedDriver } from '../scripted-driver.js';

const SPEC: AgentSpec = { name: 'agent', driver: 'scripted' };

interface Life {
  readonly host: AgentHost;
  readonly agent: Agent;
  readonly driver: ScriptedDriver;
  readonly clock: SimulatedClock;
  readonly failures: unknown[];
}

/** A process of a host on a store. The one before is as good as gone: nothing happens on its clock any more. */
function life(
  store: SnapshotStore,
  { driver = new ScriptedDriver(), spec = SPEC, journalCapacity = 1_000, at = 0 } = {},
): Life {
  const clock = new SimulatedClock();
  clock.set(at);
  const failures: unknown[] = [];
  const persistence = createHostPersistence(store, {
    journalCapacity,
    onFailure: (error) => failures.push(error),
  });
  const host = createAgentHost({
    drivers: { scripted: driver.factory },
    clock,
    persistence,
    journalCapacity,
  });
  return { host, agent: host.deploy(spec), driver, clock, failures };
}

async function running(store: SnapshotStore, options?: Parameters<typeof life>[1]): Promise<Life> {
  const first = life(store, options);
  await first.agent.run();
  return first;
}

/** What a host finds that starts after another was killed. */
async function after(store: SnapshotStore, options?: Parameters<typeof life>[1]): Promise<Life> {
  const next = life(store, options);
  await next.host.run();
  return next;
}

const statusOf = ({ agent }: Life) => [agent.state, agent.generation, agent.supervision];

const interruptionsOf = ({ agent }: Life) =>
  agent.journal.entries.filter(({ type }) => type === 'interrupted');

describe('after its host was killed', () => {
  it('a running agent is a new generation, loaded and started again', async () => {
    const store = createMemoryStore();
    await running(store);
    const next = await after(store);
    expect(statusOf(next)).toEqual(['running', 2, 'supervised']);
    expect(next.driver.calls.map(({ method }) => method)).toEqual(['load', 'instantiate', 'start']);
  });

  it('an agent that was being started runs, and what was in flight is told as interrupted', async () => {
    const store = createMemoryStore();
    const { agent } = life(store, { driver: new ScriptedDriver().hold('instantiate') });
    void agent.run();
    await turn();
    const next = await after(store);
    expect(statusOf(next)).toEqual(['running', 2, 'supervised']);
    expect(interruptionsOf(next)).toEqual([
      {
        sequence: expect.any(Number),
        at: expect.any(Number),
        generation: 1,
        type: 'interrupted',
        state: 'loaded.instantiating',
        operation: 'instantiating',
      },
    ]);
  });

  it('an agent that its host had not come to yet runs', async () => {
    const store = createMemoryStore();
    life(store);
    expect(statusOf(await after(store))).toEqual(['running', 2, 'supervised']);
  });

  it('an agent that was being loaded, and no more, is loaded', async () => {
    const store = createMemoryStore();
    const { agent } = life(store, { driver: new ScriptedDriver().hold('load') });
    void agent.load();
    await turn();
    expect(statusOf(await after(store))).toEqual(['loaded', 2, 'unwanted']);
  });

  it('an agent that was being unloaded is unloaded', async () => {
    const store = createMemoryStore();
    const { agent } = life(store, { driver: new ScriptedDriver().hold('unload') });
    await agent.load();
    void agent.unload();
    await turn();
    expect(statusOf(await after(store))).toEqual(['unloaded', 2, 'unwanted']);
  });

  it('an agent that was brought up again to be ready will be ready', async () => {
    const store = createMemoryStore();
    const { agent } = life(store);
    await agent.load();
    await agent.instantiate();
    const second = life(store, { driver: new ScriptedDriver().hold('load') });
    void second.host.run();
    await turn();
    expect(statusOf(await after(store))).toEqual(['ready', 3, 'unwanted']);
  });

  it('an agent that has ended stays so, in its generation', async () => {
    const store = createMemoryStore();
    const { agent } = await running(store);
    await agent.fail('broken');
    const next = await after(store);
    expect([...statusOf(next), next.agent.record.failureReason]).toEqual(['failed', 1, 'unwanted', 'broken']);
    expect(interruptionsOf(next)).toEqual([]);
  });

  it('an agent that has ended runs again when it is told to, as the next generation', async () => {
    const store = createMemoryStore();
    const { agent } = await running(store);
    await agent.stop();
    const next = await after(store);
    next.agent.renew();
    await next.agent.run();
    expect(statusOf(next)).toEqual(['running', 2, 'supervised']);
  });

  it('an agent whose stop was in flight finishes it, and its driver is told that it is a retry', async () => {
    const store = createMemoryStore();
    const { agent } = await running(store, { driver: new ScriptedDriver().hold('stop') });
    void agent.drain();
    await turn();
    const next = await after(store);
    await turn();
    expect(statusOf(next)).toEqual(['stopped', 1, 'unwanted']);
    expect(next.driver.calls.map(({ method, attempt }) => [method, attempt])).toEqual([
      ['stop', 2],
      ['dispose', 1],
    ]);
  });

  it.each(['drain', 'stop'] as const)(
    'an agent whose %s was in flight has the time for that anew, however late its host is back',
    async (command) => {
      const store = createMemoryStore();
      const { agent } = await running(store, { driver: new ScriptedDriver().hold('stop') });
      void agent[command]();
      await turn();
      const next = await after(store, { at: 86_400_000 });
      await turn();
      expect([...statusOf(next), next.agent.record.failureReason]).toEqual(['stopped', 1, 'unwanted', null]);
    },
  );

  it('an agent whose time for its requests is over when its host is back is stopped', async () => {
    const store = createMemoryStore();
    const { agent } = await running(store);
    await agent.accept();
    void agent.drain();
    await turn();
    const next = await after(store, { at: 86_400_000 });
    await turn();
    expect([...statusOf(next), next.agent.record.failureReason]).toEqual(['stopped', 1, 'unwanted', null]);
  });

  it('an agent that was draining stops, and its requests are told as abandoned', async () => {
    const store = createMemoryStore();
    const { agent } = await running(store);
    await agent.accept();
    void agent.drain();
    await turn();
    const next = await after(store);
    await turn();
    expect(next.agent.report).toMatchObject({ state: 'stopped', abandonedRequests: 1, forced: true });
  });

  it.each(['loaded', 'ready'] as const)('an agent that was %s, and no more, is so again', async (state) => {
    const store = createMemoryStore();
    const { agent } = life(store);
    await agent.load();
    if (state === 'ready') await agent.instantiate();
    await after(store);
    // A second time: its goal is known before it is there.
    life(store);
    const next = await after(store);
    expect([next.agent.state, next.agent.supervision]).toEqual([state, 'unwanted']);
  });

  it.each(['loaded', 'ready'] as const)(
    'an agent that was %s, and cannot be so again, is reported',
    async (state) => {
      const store = createMemoryStore();
      const { agent } = life(store);
      await agent.load();
      if (state === 'ready') await agent.instantiate();
      const driver = new ScriptedDriver();
      driver.throws.set(state === 'ready' ? 'instantiate' : 'load', new Error('broken'));
      const [report, ...others] = await life(store, { driver }).host.run();
      const operation = state === 'ready' ? 'instantiating' : 'loading';
      expect([report?.name, report?.error?.message, others]).toEqual([
        'agent',
        `Operation failed: ${operation}: broken`,
        [],
      ]);
    },
  );

  it('an agent that was loaded, and is so again, is not reported', async () => {
    const store = createMemoryStore();
    await life(store).agent.load();
    expect(await life(store).host.run()).toEqual([]);
  });

  it('an agent that waited for its restart runs', async () => {
    const store = createMemoryStore();
    const spec = { ...SPEC, restart: { type: 'permanent' } } as const;
    const { driver } = await running(store, { spec });
    driver.deployment?.fail('broken');
    await turn();
    expect(statusOf(await after(store, { spec }))).toEqual(['running', 2, 'supervised']);
  });

  it('an agent that has failed by itself, and is not restarted, stays so', async () => {
    const store = createMemoryStore();
    const { driver } = await running(store);
    driver.deployment?.fail('broken');
    await turn();
    expect(statusOf(await after(store))).toEqual(['failed', 1, 'unwanted']);
  });

  describe('an agent that was given up', () => {
    const spec = { ...SPEC, restart: { type: 'permanent', intensity: { restarts: 0 } } } as const;

    async function givenUp(): Promise<SnapshotStore> {
      const store = createMemoryStore();
      const { driver } = await running(store, { spec });
      driver.deployment?.fail('broken');
      await turn();
      return store;
    }

    it('stays so, and says why', async () => {
      const next = await after(await givenUp(), { spec });
      expect([...statusOf(next), next.agent.lastFailure]).toEqual(['failed', 1, 'gaveUp', 'broken']);
      expect(next.host.health()).toEqual({ agent: { status: 'unhealthy', reason: 'given up: broken' } });
    });

    it('stays so through a second host, which tells it once', async () => {
      const store = await givenUp();
      await (await after(store, { spec })).host.shutdown();
      const next = await after(store, { spec });
      expect(statusOf(next)).toEqual(['failed', 1, 'gaveUp']);
      expect(next.agent.journal.entries.filter(({ type }) => type === 'gaveUp')).toHaveLength(1);
    });

    it('runs when it is told to, as the next generation', async () => {
      const next = await after(await givenUp(), { spec });
      const { error } = await next.agent.run();
      expect([error, ...statusOf(next), next.agent.lastFailure]).toEqual([
        null,
        'running',
        2,
        'supervised',
        null,
      ]);
    });

    it('and ran again, and was stopped, is no more given up', async () => {
      const store = await givenUp();
      const { agent } = await after(store, { spec });
      await agent.run();
      await agent.stop();
      expect(statusOf(await after(store, { spec }))).toEqual(['stopped', 2, 'unwanted']);
    });

    it('for ends that are none is refused as damaged', async () => {
      const store = await givenUp();
      const { sequence } = store.read('agents/agent').at(-1) ?? { sequence: 0 };
      const entry = { sequence: sequence + 1, at: 0, generation: 1, type: 'gaveUp', ends: 'none' };
      store.append('agents/agent', [{ sequence: sequence + 1, value: entry }]);
      expect(() => life(store, { spec })).toThrow(
        expect.objectContaining({
          code: 'Damaged',
          message: `The journal of the agent "agent" is damaged: ${sequence}.value.ends: are not the ends of instances`,
        }),
      );
    });
  });

  it('a cordoned agent is cordoned', async () => {
    const store = createMemoryStore();
    const { agent } = await running(store);
    agent.cordon();
    expect((await after(store)).agent.isCordoned).toBe(true);
  });

  it('a swap that was under way is forgotten, but for its generation', async () => {
    const store = createMemoryStore();
    const { agent, driver } = await running(store);
    driver.hold('start');
    void agent.swap({ versionNumber: 2 });
    await turn();
    const next = await after(store);
    expect([next.agent.generation, next.agent.spec.versionNumber]).toEqual([3, 1]);
  });

  it('both instances of a swap that was under way are told as interrupted, once', async () => {
    const store = createMemoryStore();
    const { agent, driver } = await running(store);
    driver.hold('start');
    void agent.swap({ versionNumber: 2 });
    await turn();
    await after(store);
    const next = await after(store);
    expect(interruptionsOf(next)).toEqual(
      [
        [1, 'running.serving', null],
        [2, 'ready.starting', 'starting'],
        [3, 'running.serving', null],
      ].map(([generation, state, operation]) => ({
        sequence: expect.any(Number),
        at: expect.any(Number),
        type: 'interrupted',
        generation,
        state,
        operation,
      })),
    );
  });

  it('an instance that still drained, replaced by a swap, is told as interrupted', async () => {
    const store = createMemoryStore();
    const { agent } = await running(store);
    await agent.accept();
    void agent.swap({ versionNumber: 2 });
    await turn();
    const next = await after(store);
    expect(interruptionsOf(next)).toMatchObject([
      { generation: 1, state: 'draining.awaitingRequests', operation: null },
      { generation: 2, state: 'running.serving', operation: null },
    ]);
  });

  it('a generation of which only the journal knows is not given twice', async () => {
    const store = createMemoryStore();
    const { agent } = await running(store);
    const record = store.get('agents/agent');
    await agent.stop();
    agent.renew();
    // As if the host had ended after the journal was written, and before the record was.
    store.put('agents/agent', record?.value ?? null, Number(store.get('agents/agent')?.revision));
    expect((await after(store)).agent.generation).toBe(3);
  });

  it('the journal goes on without a hole', async () => {
    const store = createMemoryStore();
    const first = await running(store);
    const next = await after(store);
    const { entries, epoch } = next.agent.journal;
    expect(epoch).toBe(first.agent.journal.epoch);
    expect(entries.map(({ sequence }) => sequence)).toEqual(entries.map((_, index) => index + 1));
    expect(entries.slice(0, first.agent.journal.entries.length)).toEqual(first.agent.journal.entries);
    expect(store.read('agents/agent').map(({ value }) => value)).toEqual(entries);
  });
});

describe('after its host was shut down', () => {
  it('an agent that was meant to run does, and nothing is told as interrupted', async () => {
    const store = createMemoryStore();
    const { host } = await running(store);
    await host.shutdown();
    const next = await after(store);
    expect(statusOf(next)).toEqual(['running', 2, 'supervised']);
    expect(interruptionsOf(next)).toEqual([]);
  });

  it('an agent that was stopped in the meantime stays stopped', async () => {
    const store = createMemoryStore();
    const { host, agent } = await running(store);
    await agent.accept();
    const down = host.shutdown();
    await turn();
    await agent.stop();
    await down;
    expect(statusOf(await after(store))).toEqual(['stopped', 1, 'unwanted']);
  });

  it('an agent that was drained before stays stopped', async () => {
    const store = createMemoryStore();
    const { host, agent } = await running(store);
    await agent.drain();
    await host.shutdown();
    expect(statusOf(await after(store))).toEqual(['stopped', 1, 'unwanted']);
  });
});

describe('a store of agents', () => {
  it('has forgotten an agent that was removed', async () => {
    const store = createMemoryStore();
    const { host } = await running(store);
    await host.remove('agent');
    expect([store.list(), store.read('agents/agent')]).toEqual([[], []]);
  });

  it('has what a command has brought about before it is answered', async () => {
    const store = createMemoryStore();
    const { agent } = await running(store);
    const answered = agent.stop().then(() => store.get('agents/agent')?.value);
    expect(await answered).toMatchObject({ goal: 'ended', generation: 1, lastGeneration: 1 });
  });

  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  const UNKEPT: readonly [what: string, options: unknown, message: string][] = [
    ['a BigInt', { limit: 7n }, 'options.limit: expected JSON, received 7n'],
    ['a cycle', cycle, 'options.self: expected JSON, received an object'],
    ['a function', () => 1, 'options: expected JSON, received a function'],
    ['a Map', [new Map()], 'options.0: expected JSON, received an object'],
    ['a number that is none', { limit: NaN }, 'options.limit: expected JSON, received NaN'],
  ];

  it.each(UNKEPT)('refuses to deploy an agent with %s in its options', (_, options, message) => {
    const store = createMemoryStore();
    expect(() => life(store, { spec: { ...SPEC, options } })).toThrow(
      expect.objectContaining({ code: 'InvalidValue', message }),
    );
    expect(store.list()).toEqual([]);
  });

  it.each(UNKEPT)('refuses to swap an agent to one with %s in its options', async (_, options, message) => {
    const { agent, failures } = await running(createMemoryStore());
    await expect(agent.swap({ versionNumber: 2, options })).rejects.toMatchObject({
      code: 'InvalidValue',
      message,
    });
    expect([agent.spec.versionNumber, failures]).toEqual([1, []]);
  });

  it('takes options that are JSON, but for a field that is undefined', () => {
    const options = { list: [1, null, 'text', { deep: true }], none: undefined };
    const { failures, agent } = life(createMemoryStore(), { spec: { ...SPEC, options } });
    expect([failures, agent.spec.options]).toEqual([[], options]);
  });

  it('has a refusal in the next turn', async () => {
    const store = createMemoryStore();
    const { agent } = await running(store);
    const before = store.read('agents/agent').length;
    await agent.load();
    expect(store.read('agents/agent')).toHaveLength(before);
    await turn();
    expect(store.read('agents/agent', before)).toMatchObject([
      { value: { type: 'refusal', event: 'agent.load' } },
    ]);
  });

  it('keeps more refusals of one turn than wait for the next', async () => {
    const store = createMemoryStore();
    const { agent } = await running(store, { journalCapacity: 150 });
    const before = agent.journal.entries.at(-1)?.sequence ?? 0;
    for (let index = 0; index < 1_000; index++) agent.actor.send({ type: 'agent.load' });
    await turn();
    const last = store.read('agents/agent').at(-1)?.sequence;
    expect(last).toBe(before + 1_000);
  });

  it('keeps more refusals of one turn than the journal of their agent does', async () => {
    const store = createMemoryStore();
    const { agent, failures } = await running(store, { journalCapacity: 10 });
    for (let index = 0; index < 12; index++) agent.actor.send({ type: 'agent.load' });
    await turn();
    const lines = store.read('agents/agent').map(({ value }) => value);
    expect([failures, lines.slice(-10)]).toEqual([[], agent.journal.entries]);
  });

  it('begins a journal anew behind entries that it had to forget unwritten', async () => {
    const store = createMemoryStore();
    const { agent, failures } = await running(store, { journalCapacity: 3 });
    const sound = { ...store };
    store.atomically = () => {
      throw new StoreError({ code: 'StoreFailed', file: 'host.db', problem: 'full' });
    };
    for (let index = 0; index < 5; index++) {
      agent.cordon();
      agent.uncordon();
    }
    Object.assign(store, sound);
    failures.length = 0;
    agent.cordon();
    const lines = store.read('agents/agent').map(({ value }) => value);
    expect([failures, lines]).toEqual([[], agent.journal.entries]);
  });

  it('keeps as many entries as a journal, and not for ever more', async () => {
    const store = createMemoryStore();
    const { agent } = await running(store, { journalCapacity: 10 });
    for (let index = 0; index < 50; index++) {
      agent.cordon();
      agent.uncordon();
    }
    const kept = store.read('agents/agent').length;
    expect([kept >= 10, kept <= 20]).toEqual([true, true]);
  });

  it('that fails is told of, with what has happened not yet kept', async () => {
    const store = createMemoryStore();
    const { agent, failures } = await running(store);
    const failure = new StoreError({ code: 'StoreFailed', file: 'host.db', problem: 'full' });
    store.append = () => {
      throw failure;
    };
    await agent.stop();
    expect(failures[0]).toBe(failure);
    expect(store.get('agents/agent')?.value).toMatchObject({ goal: 'running' });
  });

  it('that fails once has all of it when it is written to again', async () => {
    const store = createMemoryStore();
    const { agent } = await running(store);
    const sound = { ...store };
    store.atomically = (change) => {
      Object.assign(store, sound);
      sound.atomically(() => {
        change();
        throw new StoreError({ code: 'StoreFailed', file: 'host.db', problem: 'full' });
      });
    };
    agent.cordon();
    agent.uncordon();
    expect(store.read('agents/agent').map(({ value }) => value)).toEqual(agent.journal.entries);
  });

  it('refuses what is damaged', async () => {
    const store = createMemoryStore();
    await running(store);
    store.put('agents/agent', { version: 1 }, Number(store.get('agents/agent')?.revision));
    expect(() => life(store)).toThrow(
      expect.objectContaining({
        code: 'Damaged',
        message: 'The record of the agent "agent" is damaged: spec: expected an object, received undefined',
      }),
    );
  });

  it.each<[string, unknown, string]>([
    ['spec.name', 'other', 'expected "agent", received "other"'],
    ['spec.agentId', 'none', 'expected a guid, received "none"'],
    ['spec.version', 7, 'expected a value of type string, received 7'],
    ['spec.versionNumber', 0, 'expected 1 at least, received 0'],
    ['spec.transitionTimeout', 1, 'expected 1000 at least, received 1'],
    ['spec.drainTimeout', 'long', 'expected a value of type number, received "long"'],
    ['lastGeneration', 0, 'expected 1 at least, received 0'],
  ])('refuses a record whose %s is %j', async (field, value, problem) => {
    const store = createMemoryStore();
    await running(store);
    const { value: record, revision } = store.get('agents/agent') as StoredValue;
    const damaged = structuredClone(record) as Record<string, unknown> & { spec: Record<string, unknown> };
    if (field.startsWith('spec.')) damaged.spec[field.slice('spec.'.length)] = value;
    else damaged[field] = value;
    store.put('agents/agent', damaged as unknown as Json, revision);
    expect(() => life(store)).toThrow(
      expect.objectContaining({
        code: 'Damaged',
        message: `The record of the agent "agent" is damaged: ${field}: ${problem}`,
      }),
    );
  });

  it('refuses a journal with a hole', async () => {
    const store = createMemoryStore();
    await running(store);
    const sound = { ...store };
    store.read = (journal) => sound.read(journal).filter(({ sequence }) => sequence !== 3);
    expect(() => life(store)).toThrow(
      expect.objectContaining({
        code: 'Damaged',
        message: 'The journal of the agent "agent" is damaged: 2.sequence: expected 3, received 4',
      }),
    );
  });

  it('refuses a journal that is damaged', async () => {
    const store = createMemoryStore();
    await running(store);
    const { sequence } = store.read('agents/agent').at(-1) ?? { sequence: 0 };
    store.append('agents/agent', [{ sequence: sequence + 1, value: { sequence: 'next' } }]);
    expect(() => life(store)).toThrow(
      expect.objectContaining({
        code: 'Damaged',
        message: `The journal of the agent "agent" is damaged: ${sequence}.value.sequence: expected a value of type number, received "next"`,
      }),
    );
  });

  it('refuses what a newer host has written', async () => {
    const store = createMemoryStore();
    await running(store);
    store.put('agents/agent', { version: 2 }, Number(store.get('agents/agent')?.revision));
    expect(() => life(store)).toThrow(expect.objectContaining({ code: 'NewerVersion' }));
  });
});
