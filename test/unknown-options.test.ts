import { describe, expect, it } from '@jest/globals';
import { createActor } from 'xstate';
import {
  createMemoryStore,
  persistLifecycle,
  restoreLifecycle,
  createHostPersistence,
  watchDeadline,
} from '../src/durable.js';
import { createLifecycleClient, serveRestate } from '../src/restate/index.js';
import { agentLifecycleMachine, createAgentHost } from '../src/index.js';
import { createFleet } from '../src/fleet/index.js';
import {
  checkLifecycle,
  describeDriver,
  describeLifecycle,
  describeSnapshotStore,
  lifecyclePaths,
  machineSubject,
} from '../src/testing/index.js';
import { runningAgent } from './host/host-rig.js';
import { INPUT } from './lifecycle-rig.js';

const ODD = { odd: true } as never;
const client = () => createLifecycleClient({ ingress: 'http://127.0.0.1:9' });

describe('an option that nobody knows is refused by its name', () => {
  it.each<[string, () => unknown]>([
    ['createAgentHost', () => createAgentHost(ODD)],
    ['createFleet', () => createFleet(agentLifecycleMachine, ODD)],
    ['createHostPersistence', () => createHostPersistence(createMemoryStore(), ODD)],
    ['persistLifecycle', () => persistLifecycle(createActor(agentLifecycleMachine, { input: INPUT }), ODD)],
    ['restoreLifecycle', () => restoreLifecycle(null, ODD)],
    [
      'watchDeadline',
      () => {
        watchDeadline(createActor(agentLifecycleMachine, { input: INPUT }), ODD);
      },
    ],
    ['createLifecycleClient', () => createLifecycleClient(ODD)],
    ['deploy of a client', () => client().deploy('agent', {} as never, ODD)],
    ['command of a client', () => client().command('agent', { type: 'agent.load' }, ODD)],
    ['run of a client', () => client().run('agent', ODD)],
    ['waitFor of a client', () => client().waitFor('agent', 'running', ODD)],
    ['serveRestate', () => serveRestate(ODD)],
    ['lifecyclePaths', () => lifecyclePaths(ODD)],
    ['the input of lifecyclePaths', () => lifecyclePaths({ input: ODD })],
    ['checkLifecycle', () => checkLifecycle(machineSubject, ODD)],
    [
      'describeLifecycle',
      () => {
        describeLifecycle('odd', machineSubject, ODD);
      },
    ],
    [
      'describeDriver',
      () => {
        describeDriver('odd', {} as never, ODD);
      },
    ],
    [
      'describeSnapshotStore',
      () => {
        describeSnapshotStore('odd', {} as never, ODD);
      },
    ],
  ])('by %s', async (_, call) => {
    await expect(Promise.resolve().then(call)).rejects.toMatchObject({ code: 'InvalidValue', field: 'odd' });
  });

  it.each<[string, (rig: Awaited<ReturnType<typeof runningAgent>>) => unknown]>([
    ['deploy', ({ deploy }) => deploy({ name: 'other', ...(ODD as object) })],
    ['deployAll', ({ host }) => host.deployAll([{ name: 'other', driver: 'scripted', ...(ODD as object) }])],
    ['run', ({ host }) => host.run(ODD)],
    ['shutdown', ({ host }) => host.shutdown(ODD)],
    ['swap', ({ agent }) => agent.swap({ versionNumber: 2, ...(ODD as object) })],
    ['request', ({ agent }) => agent.request('hello', ODD)],
    ['bringDown', ({ agent }) => agent.shutDown(ODD)],
  ])('by %s of a host or an agent, of which nothing changes', async (_, call) => {
    const rig = await runningAgent();
    await expect(Promise.resolve().then(() => call(rig))).rejects.toMatchObject({
      code: 'InvalidValue',
      field: 'odd',
    });
    expect([rig.agent.state, rig.host.agents.length, rig.host.isShuttingDown]).toEqual(['running', 1, false]);
  });
});
