import { describe, expect, it } from '@jest/globals';
import { runningAgent, turn } from '../host-rig.js';
import { ScriptedDriver } from '../scripted-driver.js';

async function twoVersions(next = new ScriptedDriver()) {
  const first = new ScriptedDriver().hold('handle');
  return { ...(await runningAgent(first, {}, { next })), first, next };
}

const NEXT = { driver: 'next', versionNumber: 2 };

describe('a swap', () => {
  it('has the new version take the requests, and drains the old', async () => {
    const { agent, first, next } = await twoVersions();
    const old = agent.request('to the old');
    await turn();
    const swap = agent.swap(NEXT);
    await turn();
    expect([agent.generation, agent.state, agent.record.versionNumber]).toEqual([2, 'running', 2]);
    expect(await agent.request('to the new')).toBe('to the new');
    first.last('handle').resolve('answered by the old');
    expect([await old, await swap]).toMatchObject([
      'answered by the old',
      { swapped: true, serving: 2, report: { generation: 1, state: 'stopped', forced: false } },
    ]);
    expect([next.count('handle'), first.count('dispose')]).toEqual([1, 1]);
  });

  it('is shown with its version and its phase for as long as it is under way', async () => {
    const { agent, first, next } = await twoVersions(new ScriptedDriver().hold('start'));
    const phases = [agent.swapUnderWay];
    const old = agent.request('to the old');
    const version = '6c1f1a0e-2a4b-4c61-9f0e-3a3f5cf2d001';
    const swap = agent.swap({ ...NEXT, version });
    await turn();
    phases.push(agent.swapUnderWay);
    next.last('start').resolve();
    await turn();
    phases.push(agent.swapUnderWay);
    first.last('handle').resolve();
    await Promise.all([old, swap]);
    phases.push(agent.swapUnderWay);
    const candidate = { generation: 2, version, versionNumber: 2 };
    expect(phases).toEqual([
      null,
      { ...candidate, phase: 'comingUp' },
      { ...candidate, phase: 'replaced' },
      null,
    ]);
  });

  it('that fails leaves the old serving, and says so', async () => {
    const next = new ScriptedDriver();
    next.throws.set('start', new Error('cannot start'));
    const { agent, first } = await twoVersions(next);
    const answer = await agent.swap(NEXT);
    expect(answer).toMatchObject({
      swapped: false,
      serving: 1,
      error: { code: 'OperationFailed', operation: 'starting', reason: 'cannot start' },
    });
    const request = agent.request('still here');
    await turn();
    first.last('handle').resolve('served');
    expect([await request, agent.generation, next.count('dispose')]).toEqual(['served', 1, 1]);
    expect(agent.journal.entries.at(-1)).toMatchObject({ type: 'swapFailed', serving: 1 });
  });

  it.each([
    ['no version number', {}, /VersionNumber: expected an integer from 1/],
    ['one that is not higher', { versionNumber: 1 }, /is 1: expected a higher one, received 1/],
    ['what a swap cannot change', { versionNumber: 2, restart: {} }, /restart: expected no field besides/],
    ['an unknown driver', { versionNumber: 2, driver: 'none' }, /No driver is named "none"/],
    ['a bad timeout', { versionNumber: 2, drainTimeout: 1 }, /DrainTimeout: expected an integer/],
  ])('to %s is refused, and the old goes on', async (_, change, message) => {
    const { agent } = await twoVersions();
    await expect(agent.swap(change as never)).rejects.toThrow(message);
    expect([agent.state, agent.generation]).toEqual(['running', 1]);
  });

  it('whose driver cannot be made answers why, and the old goes on', async () => {
    const { agent, next } = await twoVersions();
    next.refusal = new Error('no room');
    const reason = 'The new version of "agent" has failed: no room';
    expect(await agent.swap(NEXT)).toEqual({
      swapped: false,
      serving: 1,
      error: expect.objectContaining({ code: 'CandidateFailed', message: reason, cause: next.refusal }),
    });
    expect([agent.state, agent.generation, agent.swapUnderWay]).toEqual(['running', 1, null]);
    expect(agent.journal.entries.at(-1)).toMatchObject({
      type: 'swapFailed',
      generation: 2,
      serving: 1,
      reason,
    });
    next.refusal = null;
    expect(await agent.swap(NEXT)).toMatchObject({ swapped: true, serving: 3 });
  });

  it('whose new version fails as soon as it runs says why', async () => {
    const next = new ScriptedDriver();
    next.during.set('start', () => {
      queueMicrotask(() => next.deployment?.fail('gone again'));
    });
    const { agent } = await twoVersions(next);
    const answer = await agent.swap(NEXT);
    if (answer.swapped) expect(agent.record.failureReason).toBe('gone again');
    else expect(answer.error.message).toContain('gone again');
  });

  it('of an agent that is about to stop is refused', async () => {
    const { agent, first } = await twoVersions();
    first.hold('stop');
    const stop = agent.stop();
    await turn();
    await expect(agent.swap(NEXT)).rejects.toMatchObject({ code: 'NotRunning' });
    first.last('stop').resolve();
    expect(await stop).toMatchObject({ error: null });
  });

  it('that is asked for as the agent is removed brings nothing up', async () => {
    const { host, agent, next } = await twoVersions();
    const swap = agent.swap(NEXT).catch((error: unknown) => error);
    await host.remove('agent');
    expect([await swap, next.count('load')]).toEqual([expect.objectContaining({ code: 'AgentLeaving' }), 0]);
  });

  it("that comes up is in nobody's way: an old version that has ended is not run meanwhile", async () => {
    const { agent, driver, next } = await twoVersions(new ScriptedDriver().hold('start'));
    const swap = agent.swap(NEXT);
    await turn();
    driver.deployment?.fail('broken');
    await turn();
    expect((await agent.run()).error?.code).toBe('TerminalState');
    next.last('start').resolve();
    expect(await swap).toMatchObject({ swapped: true, serving: 2 });
    expect(agent.generation).toBe(2);
  });

  it('that has taken over is supervised while the old version drains', async () => {
    const restart = { type: 'transient', backoff: { initial: 10, jitter: 0 } } as const;
    const next = new ScriptedDriver();
    const { agent, clock } = await runningAgent(new ScriptedDriver(), { restart }, { next });
    await agent.accept();
    void agent.swap(NEXT);
    await turn();
    next.deployment?.fail('broken');
    await turn();
    clock.increment(10);
    await turn();
    expect([agent.generation, agent.state]).toEqual([3, 'running']);
    await agent.shutDown({ force: true });
  });

  it('of an agent that is told to stop has the old version wait for nothing either', async () => {
    const { agent, first } = await twoVersions();
    void agent.request('held').catch(() => null);
    await turn();
    const swap = agent.swap(NEXT);
    await turn();
    await agent.stop();
    expect(await swap).toMatchObject({ swapped: true, report: { forced: true } });
    expect(first.count('dispose')).toBe(1);
  });

  it('of an agent that does not run is refused', async () => {
    const { agent } = await twoVersions();
    await agent.stop();
    await expect(agent.swap(NEXT)).rejects.toMatchObject({
      code: 'NotRunning',
      detail: { agent: 'agent', state: 'stopped' },
    });
  });

  it('while another is in progress is refused', async () => {
    const { agent, next } = await twoVersions(new ScriptedDriver().hold('start'));
    const swap = agent.swap(NEXT);
    await turn();
    await expect(agent.swap({ versionNumber: 3 })).rejects.toMatchObject({ code: 'SwapInProgress' });
    next.last('start').resolve();
    expect(await swap).toMatchObject({ swapped: true });
  });

  it.each(['stop', 'drain', 'fail'] as const)('is given up when the agent is told to %s', async (command) => {
    const { agent, next } = await twoVersions(new ScriptedDriver().hold('start'));
    const swap = agent.swap(NEXT);
    await turn();
    await agent[command]();
    expect(await swap).toMatchObject({ swapped: false, serving: null, error: { code: 'SwapAbandoned' } });
    expect([agent.generation, agent.hasEnded, next.count('dispose')]).toEqual([1, true, 1]);
  });

  it('ends with the host, which leaves neither version behind', async () => {
    const { host, agent, first, next } = await twoVersions(new ScriptedDriver().hold('start'));
    const swap = agent.swap(NEXT);
    await turn();
    await host.shutdown();
    expect(await swap).toMatchObject({ swapped: false });
    expect([first.count('dispose'), next.count('dispose')]).toEqual([1, 1]);
  });

  it('that drains the old is forced when the host is', async () => {
    const { host, agent, first } = await twoVersions();
    const request = agent.request('hangs').catch((error: unknown) => error);
    await turn();
    const swap = agent.swap(NEXT);
    await turn();
    await host.shutdown({ force: true });
    expect(await swap).toMatchObject({ swapped: true, report: { forced: true } });
    expect([await request, first.count('dispose')]).toEqual([
      expect.objectContaining({ code: 'AgentStopped' }),
      1,
    ]);
  });

  it('takes over from an old version that fails meanwhile, in place of a restart', async () => {
    const restart = { type: 'transient', backoff: { initial: 1, jitter: 0 } } as const;
    const next = new ScriptedDriver().hold('start');
    const { agent, driver, clock } = await runningAgent(new ScriptedDriver(), { restart }, { next });
    const swap = agent.swap(NEXT);
    await turn();
    driver.deployment?.fail('broken');
    await turn();
    clock.increment(10);
    await turn();
    next.last('start').resolve();
    expect(await swap).toMatchObject({ swapped: true, serving: 2, report: { state: 'failed' } });
    await turn();
    expect([agent.generation, agent.state, agent.supervision]).toEqual([2, 'running', 'supervised']);
  });

  it('that fails after the old version has is followed by the restart of the old', async () => {
    const restart = { type: 'transient', backoff: { initial: 1, jitter: 0 } } as const;
    const next = new ScriptedDriver().hold('start');
    const { agent, driver, clock } = await runningAgent(new ScriptedDriver(), { restart }, { next });
    const swap = agent.swap(NEXT);
    await turn();
    driver.deployment?.fail('broken');
    await turn();
    clock.increment(10);
    await turn();
    next.last('start').reject(new Error('cannot start'));
    expect(await swap).toMatchObject({ swapped: false });
    await turn();
    expect([agent.generation, agent.state, agent.spec.versionNumber]).toEqual([3, 'running', 1]);
  });
});
