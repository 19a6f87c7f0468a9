import { describe, expect, it } from '@jest/globals';
import { inspectHost } from '../../src/inspect/index.js';
import { hostWith, runningAgent } from '../host/host-rig.js';
import { ScriptedDriver } from '../host/scripted-driver.js';
import { FakeInspector } from './fake-inspector.js';

function introduced(inspector: FakeInspector): unknown[] {
  return inspector.shown.filter(({ type }) => type === 'actor').map(({ name }) => name);
}

describe('inspectHost', () => {
  it('introduces the actors that there are, those that they invoke among them', async () => {
    const { host, deploy } = hostWith(new ScriptedDriver().hold('load'));
    void deploy().load();
    await Promise.resolve();
    const inspector = new FakeInspector();
    inspectHost(host, { inspector }).stop();
    expect(introduced(inspector)).toEqual(['agent v1 #1', 'loading', 'agent supervisor']);
  });

  it('names those that come by agent, version and generation', async () => {
    const { host, deploy } = hostWith();
    const inspector = new FakeInspector();
    const inspection = inspectHost(host, { inspector });
    const agent = deploy();
    await agent.run();
    await agent.swap({ versionNumber: 2 });
    await agent.stop();
    agent.renew();
    inspection.stop();
    expect(introduced(inspector).filter((name) => String(name).startsWith('agent'))).toEqual([
      'agent v1 #1',
      'agent supervisor',
      'agent v2 #2',
      'agent v2 #3',
    ]);
  });

  it('shows what happens to lifecycles and supervisors, up to their end', async () => {
    const { host, agent } = await runningAgent();
    const inspector = new FakeInspector();
    const inspection = inspectHost(host, { inspector });
    await agent.drain();
    await host.remove('agent');
    inspection.stop();
    expect(inspector.valuesOf('agent v1 #1')).toEqual([{ draining: 'stopping' }, 'stopped']);
    expect(inspector.valuesOf('agent supervisor')).toEqual(['unwanted', 'unwanted', 'unwanted', 'removed']);
  });

  it('shows nothing of an agent that could not be made', () => {
    const driver = new ScriptedDriver();
    driver.refusal = new Error('no');
    const { host, deploy } = hostWith(driver);
    const inspector = new FakeInspector();
    const inspection = inspectHost(host, { inspector });
    expect(() => deploy()).toThrow('no');
    inspection.stop();
    expect(inspector.shown).toEqual([]);
  });

  it('shows nothing after its stop', async () => {
    const { host, agent } = await runningAgent();
    const inspector = new FakeInspector();
    const inspection = inspectHost(host, { inspector });
    inspection.stop();
    const before = inspector.shown.length;
    await agent.stop();
    expect([inspector.shown.length, inspection.stats()]).toEqual([
      before,
      { sent: before, dropped: 0, errors: 0 },
    ]);
  });
});

describe('host.inspect', () => {
  it('hands on what an observer throws, and the agents go on', async () => {
    const { host, deploy, errors } = hostWith();
    const failure = new Error('mine');
    host.inspect({
      next: () => {
        throw failure;
      },
    });
    const { result } = await deploy().run();
    expect(result.currentState).toBe('running');
    expect(new Set(errors)).toEqual(new Set([failure]));
  });
});
