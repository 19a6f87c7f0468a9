import { describe, expect, it } from '@jest/globals';
import { runningAgent, turn } from '../host-rig.js';

describe('a lease', () => {
  it('counts as a pending request until it is released, once', async () => {
    const { agent } = await runningAgent();
    const lease = await agent.accept();
    const pending = [agent.record.pendingRequests];
    lease.release();
    lease.release();
    pending.push(agent.record.pendingRequests);
    expect([lease.id, lease.signal.aborted, pending]).toEqual(['1-1', false, [1, 0]]);
  });

  it('is released at the end of a block', async () => {
    const { agent } = await runningAgent();
    (await agent.accept())[Symbol.dispose]();
    expect(agent.record.pendingRequests).toBe(0);
  });

  it('is not given by an agent that does not accept', async () => {
    const { agent } = await runningAgent();
    await agent.stop();
    await expect(agent.accept()).rejects.toMatchObject({
      code: 'NotAcceptingRequests',
      cause: { code: 'TerminalState' },
    });
  });

  it('is told of the end of its agent, with the reason', async () => {
    const { agent, clock } = await runningAgent();
    const lease = await agent.accept();
    const drain = agent.drain();
    await turn();
    clock.increment(60_000);
    expect(lease.signal.reason).toMatchObject({ code: 'DrainTimeoutExceeded' });
    await drain;
  });
});

it('a stop reports what has not ended in the order in which it began', async () => {
  const { agent, driver } = await runningAgent();
  driver.hold('stop');
  const leases = [];
  for (let count = 0; count < 4; count++) leases.push(await agent.accept());
  const stopped = agent.stop();
  await turn();
  leases[0]?.release();
  driver.last('stop').resolve();
  await stopped;
  expect(agent.report.drain?.abandoned.map(({ id }) => id)).toEqual(['1-2', '1-3', '1-4']);
});

it('a lease that another releases as they are told of the end is not told of it', async () => {
  const { agent, clock } = await runningAgent();
  const [first, second] = [await agent.accept(), await agent.accept()];
  first.signal.addEventListener('abort', () => {
    second.release();
  });
  const drain = agent.drain();
  await turn();
  clock.increment(60_000);
  expect([first.signal.aborted, second.signal.aborted]).toEqual([true, false]);
  first.release();
  await drain;
});

it('a drain reports what became of each request', async () => {
  const { agent, driver, clock } = await runningAgent();
  driver.hold('stop');
  const before = await agent.accept();
  before.release();
  const [completed, aborted, abandoned] = [await agent.accept(), await agent.accept(), await agent.accept()];
  clock.increment(1_000);
  const drain = agent.drain();
  await turn();
  completed.release();
  aborted.signal.addEventListener('abort', () => {
    aborted.release();
  });
  clock.increment(60_000);
  clock.increment(2_000);
  driver.last('stop').resolve();
  expect((await drain).report).toEqual({
    completed: 1,
    handedOver: [],
    aborted: [{ id: aborted.id, age: 61_000 }],
    abandoned: [{ id: abandoned.id, age: 63_000 }],
    forced: true,
    durations: { waited: 60_000, stopped: 2_000, total: 62_000 },
  });
});

it('a stop reports what is released as it is told of the end', async () => {
  const { agent } = await runningAgent();
  const lease = await agent.accept();
  lease.signal.addEventListener('abort', () => {
    lease.release();
  });
  await agent.stop();
  expect(agent.report.drain).toMatchObject({ completed: 0, aborted: [{ id: lease.id }], abandoned: [] });
});

describe('a cordoned agent', () => {
  it('accepts nothing, and goes on with what is in flight', async () => {
    const { agent } = await runningAgent();
    const lease = await agent.accept();
    agent.cordon();
    const refused = expect.objectContaining({ code: 'AgentCordoned', agent: 'agent' });
    await expect(agent.request('x')).rejects.toEqual(refused);
    await expect(agent.accept()).rejects.toEqual(refused);
    expect([agent.isCordoned, agent.state, lease.signal.aborted]).toEqual([true, 'running', false]);
  });

  it('accepts again once it is uncordoned', async () => {
    const { agent } = await runningAgent();
    agent.cordon();
    agent.cordon();
    agent.uncordon();
    expect(await agent.request('x')).toBe('x');
    expect(agent.journal.entries.slice(-2).map(({ type }) => type)).toEqual(['cordoned', 'uncordoned']);
  });
});
