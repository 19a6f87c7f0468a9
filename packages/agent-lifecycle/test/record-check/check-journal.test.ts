import { describe, expect, it } from '@jest/globals';
import { createMemoryStore, createHostPersistence } from 'xstate-agent-lifecycle/durable';
import { type Agent, type AgentHost, createAgentHost } from 'xstate-agent-lifecycle';
import { checkJournal } from '../../src/record-check/check-journal.js';
import { SteppedClock } from 'xstate-agent-lifecycle/testing';
import { turn } from '../../../../test/host/host-rig.js';
import { ScriptedDriver } from '../../../../test/host/scripted-driver.js';

const RECORDING = { type: 'recording', at: 0 };
const DEPLOYED = { type: 'deployed', agent: 'agent', generation: 1, sequence: 1, at: 0 };
const STEP = {
  type: 'transition',
  agent: 'agent',
  generation: 1,
  sequence: 2,
  at: 0,
  from: 'unloaded.idle',
  to: 'unloaded.loading',
  event: 'agent.load' as string | null,
  failureReason: null as string | null,
  pendingRequests: 0,
};
const FAILED = { ...STEP, to: 'failed', event: 'agent.fail', failureReason: 'broken' };
const check = (...entries: object[]) => checkJournal(entries.map((entry) => JSON.stringify(entry)));

function recordedHost() {
  const lines: string[] = [];
  const drivers = { first: new ScriptedDriver(), second: new ScriptedDriver() };
  const clock = new SteppedClock();
  const host = createAgentHost({
    drivers: { first: drivers.first.factory, second: drivers.second.factory },
    clock,
  });
  host.watch((entry, { name }) => lines.push(JSON.stringify({ agent: name, ...entry })));
  const taken = () =>
    lines
      .map((line) => JSON.parse(line) as Partial<typeof STEP>)
      .filter(({ type }) => type === 'transition')
      .map(({ from, event, to }) => `${from} ${event} ${to}`);
  return { host, clock, lines, taken, ...drivers };
}

/** A host that goes on with the agent of an earlier one, which was killed as it drained that. */
async function recordOfTwoHosts(): Promise<string[]> {
  const store = createMemoryStore();
  const lines: string[] = [];
  const record = (): AgentHost => {
    lines.push(JSON.stringify(RECORDING));
    const host = createAgentHost({
      drivers: { scripted: new ScriptedDriver().factory },
      clock: new SteppedClock(),
      persistence: createHostPersistence(store, { onFailure: () => undefined }),
    });
    host.watch((entry, { name }) => lines.push(JSON.stringify({ agent: name, ...entry })));
    return host;
  };
  const specs = ['drained', 'running', 'ended'].map((name) => ({ name, driver: 'scripted' }));
  const first = record();
  first.deployAll(specs);
  await first.run();
  await first.agent('drained').accept();
  unheeded(first.agent('drained').drain());
  await first.agent('ended').stop();
  const next = record();
  next.deployAll(specs);
  await next.run();
  await turn();
  next.agent('ended').cordon();
  return lines;
}

/** What comes of it is not what a test is about. */
const unheeded = (answer: Promise<unknown>) => void answer.catch(() => undefined);

describe('checkJournal finds sound what a host records of', () => {
  it('agents that an earlier host had, whether or not that is in the record', async () => {
    const lines = await recordOfTwoHosts();
    const second = lines.lastIndexOf(JSON.stringify(RECORDING));
    expect([checkJournal(lines), checkJournal(lines.slice(second))]).toMatchObject([
      { isSound: true, agents: 3 },
      { isSound: true, agents: 3 },
    ]);
  });

  it.each<[string, (rig: ReturnType<typeof recordedHost>, agent: Agent) => Promise<unknown>, string]>([
    [
      'a load that is cancelled',
      async ({ first }, agent) => {
        first.hold('load');
        unheeded(agent.load());
        await turn();
        await agent.unload();
      },
      'unloaded.loading agent.unload unloaded.idle',
    ],
    [
      'all the way up and down',
      async (_, agent) => {
        await agent.load();
        await agent.unload();
        await agent.run();
        await agent.drain();
      },
      'running.serving agent.drain draining.stopping',
    ],
    [
      'a drain whose last request ends',
      async ({ first }, agent) => {
        first.hold('handle');
        await agent.run();
        unheeded(agent.request('one'));
        await turn();
        const drain = agent.drain();
        await turn();
        first.last('handle').resolve('done');
        await drain;
      },
      'draining.awaitingRequests request.complete draining.stopping',
    ],
    [
      'a drain that runs out of time',
      async ({ first, clock }, agent) => {
        first.hold('handle');
        await agent.run();
        unheeded(agent.request('one'));
        await turn();
        const drain = agent.drain();
        await turn();
        clock.advance(60_000);
        await drain;
      },
      'draining.awaitingRequests xstate.after.drainTimeout.agentLifecycle.draining.awaitingRequests draining.stopping',
    ],
    [
      'a stop that waits for no request',
      async ({ first }, agent) => {
        first.hold('handle');
        await agent.run();
        unheeded(agent.request('one'));
        await turn();
        await agent.stop();
      },
      'running.serving agent.stop running.stopping',
    ],
    [
      'an operation that fails',
      async ({ first }, agent) => {
        first.throws.set('start', new Error('cannot'));
        await agent.run();
      },
      'ready.starting xstate.error.actor.starting failed',
    ],
    [
      'an operation that runs out of time',
      async ({ first, clock }, agent) => {
        first.hold('load');
        const load = agent.load();
        await turn();
        clock.advance(30_000);
        await load;
      },
      'unloaded.loading xstate.after.transitionTimeout.agentLifecycle.unloaded.loading failed',
    ],
    [
      'a failure, and the restart of the next generation',
      async ({ first, clock }, agent) => {
        await agent.run();
        first.deployment?.fail('broken');
        await turn();
        clock.advance(60_000);
        await turn();
        expect(agent.generation).toBe(2);
      },
      'running.serving agent.fail failed',
    ],
    [
      'a swap',
      async (_, agent) => {
        await agent.run();
        await agent.swap({ driver: 'second', versionNumber: 2 });
        expect(agent.generation).toBe(2);
      },
      'ready.starting xstate.done.actor.starting running.serving',
    ],
    [
      'an agent that is deployed again',
      async ({ host }, agent) => {
        await agent.run();
        await agent.stop();
        await host.deploy({ name: 'agent', driver: 'first' }).run();
      },
      'running.stopping xstate.done.actor.stopping stopped',
    ],
    [
      'an event that is sent past the host',
      async (_, agent) => {
        agent.actor.send({ type: 'agent.load' });
        await turn();
      },
      'unloaded.idle null unloaded.loading',
    ],
  ])('%s', async (_, act, step) => {
    const rig = recordedHost();
    const agent = rig.host.deploy({ name: 'agent', driver: 'first', restart: { type: 'transient' } });
    await act(rig, agent);
    await rig.host.shutdown({ force: true });
    expect(rig.taken()).toContain(step);
    expect(checkJournal(rig.lines)).toEqual({ isSound: true, agents: 1, steps: rig.taken().length });
  });
});

describe('checkJournal', () => {
  it('accepts an entry that does not tell its cause', () => {
    expect(check(RECORDING, DEPLOYED, { ...STEP, event: null })).toEqual({
      isSound: true,
      agents: 1,
      steps: 1,
    });
  });

  it('accepts runs of a host one after another, each of which begins anew', () => {
    const run = [RECORDING, DEPLOYED, STEP];
    expect(check(...run, ...run)).toEqual({ isSound: true, agents: 1, steps: 2 });
  });

  it('accepts empty lines', () => {
    expect(checkJournal(['', JSON.stringify(DEPLOYED), ' '])).toEqual({ isSound: true, agents: 1, steps: 0 });
  });

  it.each([
    ['nothing', ['', ' ']],
    ['the beginning of a run alone', [JSON.stringify(RECORDING)]],
  ])('takes %s for no evidence', (_, lines) => {
    expect(checkJournal(lines)).toEqual({ isSound: false, line: 1, problem: 'It has no entries' });
  });

  it('takes no unfinished line for evidence', () => {
    expect(checkJournal(['{garbage'])).toEqual({ isSound: false, line: 1, problem: 'It is not JSON' });
  });

  it.each([
    ['that stays where it was', { ...STEP, to: 'unloaded.idle', event: 'agent.drain' }, /to where it was$/],
    ['by an event that there is not', { ...STEP, event: 'nonsense' }, /nonsense is no event of the chart$/],
    [
      'of a generation that was never deployed',
      { ...STEP, generation: 9 },
      /generation 9: it was never deployed$/,
    ],
  ])('finds a step %s', (_, step, problem) => {
    expect(check(DEPLOYED, step)).toEqual({
      isSound: false,
      line: 2,
      problem: expect.stringMatching(problem),
    });
  });

  it.each<[string, object, string]>([
    [
      'a state in which the agent was not',
      { ...STEP, from: 'loaded.idle' },
      'it was unloaded.idle, and is said to have been loaded.idle',
    ],
    [
      'a step that no event leads to',
      { ...STEP, to: 'running.serving' },
      'agent.load does not lead from unloaded.idle to running.serving',
    ],
    [
      'a step that another event leads to',
      { ...STEP, event: 'agent.start' },
      'agent.start does not lead from unloaded.idle to unloaded.loading',
    ],
    [
      'a step without a cause that no event leads to',
      { ...STEP, to: 'stopped', event: null },
      'no event does not lead from unloaded.idle to stopped',
    ],
    ['a failure without a reason', { ...FAILED, failureReason: null }, 'it is failed with the reason null'],
    [
      'a reason without a failure',
      { ...STEP, failureReason: 'broken' },
      'it is unloaded.loading with the reason broken',
    ],
  ])('finds %s', (_, entry, problem) => {
    expect(check(RECORDING, DEPLOYED, entry)).toEqual({
      isSound: false,
      line: 3,
      problem: `agent, generation 1: ${problem}`,
    });
  });

  it('finds a step after the end', () => {
    const later = { ...STEP, sequence: 3, from: 'failed', to: 'unloaded.idle' };
    expect(check(RECORDING, DEPLOYED, FAILED, later)).toEqual({
      isSound: false,
      line: 4,
      problem: 'agent, generation 1: agent.load does not lead from failed to unloaded.idle',
    });
  });

  it('finds a drain that waited for requests of which there were none', () => {
    const idle = { ...STEP, sequence: 1, from: 'running.serving', to: 'draining.awaitingRequests' };
    const path: [string, string, string][] = [
      ['unloaded.idle', 'agent.load', 'unloaded.loading'],
      ['unloaded.loading', 'xstate.done.actor.loading', 'loaded.idle'],
      ['loaded.idle', 'agent.instantiate', 'loaded.instantiating'],
      ['loaded.instantiating', 'xstate.done.actor.instantiating', 'ready.idle'],
      ['ready.idle', 'agent.start', 'ready.starting'],
      ['ready.starting', 'xstate.done.actor.starting', 'running.serving'],
    ];
    const up = path.map(([from, event, to], index) => ({ ...STEP, sequence: index + 2, from, event, to }));
    expect(check(DEPLOYED, ...up, { ...idle, sequence: 8, event: 'agent.drain' })).toEqual({
      isSound: false,
      line: 8,
      problem:
        'agent, generation 1: agent.drain does not lead from running.serving to draining.awaitingRequests',
    });
  });

  it('finds a step of an instance that was interrupted elsewhere', () => {
    const interrupted = {
      ...DEPLOYED,
      type: 'interrupted',
      sequence: 11,
      state: 'running.serving',
      operation: null,
    };
    expect(check(RECORDING, interrupted, { ...STEP, sequence: 12 })).toEqual({
      isSound: false,
      line: 3,
      problem: 'agent, generation 1: it was running.serving, and is said to have been unloaded.idle',
    });
  });

  it('finds an interruption in a state that the chart has not', () => {
    const interrupted = { ...DEPLOYED, type: 'interrupted', state: 'running.dancing', operation: null };
    expect(check(RECORDING, interrupted)).toMatchObject({
      isSound: false,
      line: 2,
      problem: expect.stringContaining('expected a state of the chart'),
    });
  });

  it('finds a hole', () => {
    expect(check(RECORDING, DEPLOYED, { ...STEP, sequence: 3 })).toEqual({
      isSound: false,
      line: 3,
      problem: 'Expected entry 2 of agent, received 3',
    });
  });

  it('finds a line that is not JSON', () => {
    expect(checkJournal([JSON.stringify(RECORDING), '{"type":', JSON.stringify(DEPLOYED)])).toEqual({
      isSound: false,
      line: 2,
      problem: 'It is not JSON',
    });
  });

  it('takes the unfinished last line of a run for that of a host that was killed', () => {
    const [begin, first, step] = [RECORDING, DEPLOYED, STEP].map((line) => JSON.stringify(line)) as [
      string,
      string,
      string,
    ];
    const torn = step.slice(0, 40);
    expect(checkJournal([begin, first, torn, '', begin, first, step, torn])).toEqual({
      isSound: true,
      agents: 1,
      steps: 1,
    });
  });

  it.each([
    ['a line that is no entry', null, /expected object/],
    ['an entry of no agent', { ...DEPLOYED, agent: undefined }, /agent/],
    ['a transition that leads nowhere', { ...STEP, sequence: 1, to: undefined }, /to/],
  ])('finds %s', (_, entry, problem) => {
    expect(checkJournal([JSON.stringify(entry)])).toEqual({
      isSound: false,
      line: 1,
      problem: expect.stringMatching(problem),
    });
  });
});
