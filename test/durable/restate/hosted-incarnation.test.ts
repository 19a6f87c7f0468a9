import { describe, expect, it } from '@jest/globals';
import type { AgentDriver } from '../../../src/host/agent-driver.js';
import type { HostLink } from '../../../src/durable/restate/host-link.js';
import { HostedIncarnation } from '../../../src/durable/restate/hosted-incarnation.js';
import { orderSchema, type BeginAnswer, type RenewAnswer } from '../../../src/durable/restate/messages.js';

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
  begin: (): Promise<BeginAnswer> => Promise.resolve({ type: 'begin', attempt: 1 }),
  renew: (): Promise<RenewAnswer> => Promise.resolve({ type: 'granted', period: 60_000, closedFor: null }),
} as unknown as HostLink;
const never = new AbortController().signal;

const incarnation = () =>
  new HostedIncarnation({
    agent: 'a',
    generation: 1,
    session: 'here',
    link,
    onError: nothing,
    onOutput: nothing,
    onFenced: nothing,
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
    const agent = incarnation();
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
    const agent = incarnation();
    await agent.perform(order(3, 'ready', 'starting'), () => ({ ...driver, handle }), never);
    const request = agent.request('hello');
    await handled;
    const cut = expect(request).rejects.toMatchObject({ code });
    await agent.perform(order(4, 'draining', 'stopping', { byTimer }), () => driver, never);
    await cut;
    await agent.dispose();
  });
});
