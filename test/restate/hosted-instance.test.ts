import { describe, expect, it } from '@jest/globals';
import type { AgentDriver, AgentDriverFactory } from '../../src/host/agent-driver.js';
import type { HostLink } from '../../src/restate/host/host-link.js';
import { HostedAgents } from '../../src/restate/host/hosted-agents.js';
import { HostedInstance, type HostedInstanceOptions } from '../../src/restate/host/hosted-instance.js';
import { orderSchema, type BeginResult, type RenewResult } from '../../src/restate/wire/messages.js';

const signals: AbortSignal[] = [];
const keep = ({ signal }: { readonly signal: AbortSignal }) => void signals.push(signal);
const nothing = () => undefined;
const driver: AgentDriver = {
  load: keep,
  instantiate: nothing,
  start: nothing,
  handle: () => new Promise(nothing),
  stop: nothing,
  unload: nothing,
  dispose: nothing,
};
const link = {
  begin: (): Promise<BeginResult> => Promise.resolve({ type: 'begin', attempt: 1 }),
  renew: (): Promise<RenewResult> => Promise.resolve({ type: 'granted', period: 60_000, closedFor: null }),
} as unknown as HostLink;
const never = new AbortController().signal;

const instance = (observer: Partial<HostedInstanceOptions> = {}) =>
  new HostedInstance({
    agent: 'a',
    generation: 1,
    session: 'here',
    link,
    onError: nothing,
    onOutput: nothing,
    onFenced: nothing,
    ...observer,
  });
const order = (serial: number, state: string, operation: string, forcing: object = {}) =>
  orderSchema.parse({
    agent: 'a',
    host: 'one',
    generation: 1,
    serial,
    state,
    byTimer: false,
    spec: { driver: 'any' },
    ...forcing,
    input: {
      agentId: '10000000-0000-4000-8000-000000000001',
      agentName: 'a',
      version: '10000000-0000-4000-8000-000000000002',
      versionNumber: 1,
      operation,
      forced: 'byTimer' in forcing,
    },
  });

describe('an agent on its host', () => {
  it('has no signal aborted of an operation that has succeeded', async () => {
    const agent = instance();
    await agent.perform(order(1, 'unloaded', 'loading'), () => driver, never);
    await agent.perform(order(2, 'loaded', 'instantiating'), () => driver, never);
    await agent.dispose();
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  });

  it.each([
    [true, 'DrainTimeoutExceeded'],
    [false, 'AgentStopped'],
  ])('tells its requests what has cut them: by a timer is %s', async (byTimer, code) => {
    let onHandled: () => void = nothing;
    const handled = new Promise<void>((resolve) => (onHandled = resolve));
    const handle = () => {
      onHandled();
      return new Promise(nothing);
    };
    const agent = instance();
    await agent.perform(order(3, 'ready', 'starting'), () => ({ ...driver, handle }), never);
    const request = agent.request('hello');
    await handled;
    const cut = expect(request).rejects.toMatchObject({ code });
    await agent.perform(order(4, 'draining', 'stopping', { byTimer }), () => driver, never);
    await cut;
    await agent.dispose();
  });

  it('has what it prints cut at 8 192 characters, and 100 notices passed on', async () => {
    const lengths: number[] = [];
    const notices: unknown[] = [];
    const agent = instance({
      onOutput: ({ text }) => lengths.push(text.length),
      onError: (error) => notices.push((error as Error).message),
    });
    const create: AgentDriverFactory = ({ notice, output }) => {
      output('stdout', 'a'.repeat(100_000));
      for (let count = 1; count <= 500; count++) notice(`notice ${count}`);
      return driver;
    };
    await agent.perform(order(1, 'unloaded', 'loading'), create, never);
    await agent.dispose();
    expect([lengths, notices.length, notices.at(-1)]).toEqual([[8_192], 100, 'notice 100 (the last notice)']);
  });
});

it('listeners that throw harm no agent of a host', async () => {
  const thrown: unknown[] = [];
  const fail = (what: unknown) => {
    thrown.push(what);
    throw new Error('the log is full');
  };
  const drivers: Record<string, AgentDriverFactory> = {
    any: ({ output }) => {
      output('stdout', 'hello');
      return driver;
    },
  };
  const agents = new HostedAgents({ host: 'one', drivers, link, onError: fail, onOutput: fail });
  expect(await agents.perform(order(1, 'unloaded', 'loading'), never)).toMatchObject({ type: 'done' });
  expect(thrown).toEqual([{ stream: 'stdout', text: 'hello', generation: 1 }, new Error('the log is full')]);
  await agents.disposeAll();
});
