import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { HostLog } from '../../../src/command/log/host-log.js';
import { openKeptAgents } from '../../../src/command/run/kept-agents.js';
import { createAgentHost } from 'xstate-agent-lifecycle';
import type { ConfigAgent } from '../../../src/command/config/config.js';
import { ScriptedDriver } from '../../../../../test/host/scripted-driver.js';

const IDENTITY = {
  agentId: '1b4e28ba-2fa1-41d2-883f-0016d3cca427',
  version: '6fa459ea-ee8a-4ca4-894e-db77e160355e',
};
const NEXT_VERSION = '0a1b2c3d-ee8a-4ca4-894e-db77e160355e';
const CONFIGURED: ConfigAgent = { name: 'agent', driver: 'scripted', options: { from: 'the config' } };

let directory = '';
let leftOut: string[] = [];
let keptNewer: unknown[] = [];
const log = {
  leftOut: (names: readonly string[]) => leftOut.push(...names),
  keptNewer: (...told: unknown[]) => keptNewer.push(told),
} as unknown as HostLog;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'kept-'));
  leftOut = [];
  keptNewer = [];
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** What a host is given that starts with a config, after one that had an agent, and swapped it. */
async function afterASwap(config: readonly ConfigAgent[]): Promise<readonly ConfigAgent[]> {
  const before = await openKeptAgents(directory, log);
  const host = createAgentHost({
    drivers: { scripted: new ScriptedDriver().factory },
    persistence: before.persistence,
  });
  const agent = host.deploy({ ...CONFIGURED, ...IDENTITY });
  await agent.run();
  await agent.swap({ versionNumber: 2, version: NEXT_VERSION, options: { from: 'a swap' } });
  before.close();
  const kept = await openKeptAgents(directory, log);
  const specs = kept.withKeptVersions(config);
  kept.close();
  return specs;
}

describe('the agents of a config that a host has kept', () => {
  it('have the version to which they were swapped, where the config has an older one', async () => {
    expect(await afterASwap([CONFIGURED])).toEqual([
      {
        ...CONFIGURED,
        agentId: IDENTITY.agentId,
        version: NEXT_VERSION,
        versionNumber: 2,
        options: { from: 'a swap' },
        requests: { timeout: 30_000, queue: 1_000 },
      },
    ]);
  });

  it('are as the config has them where it has that version, too, and are the same agents', async () => {
    const configured = { ...CONFIGURED, versionNumber: 2 };
    expect(await afterASwap([configured])).toEqual([
      { ...configured, agentId: IDENTITY.agentId, version: NEXT_VERSION },
    ]);
  });

  it('are told of where the config has an older version than is kept', async () => {
    await afterASwap([CONFIGURED]);
    expect(keptNewer).toEqual([['agent', { kept: 2, configured: 1 }]]);
  });

  it('are not told of where the config has the version that is kept', async () => {
    await afterASwap([{ ...CONFIGURED, versionNumber: 2 }]);
    expect(keptNewer).toEqual([]);
  });

  it('are as the config has them where it has a newer version', async () => {
    const configured = { ...CONFIGURED, versionNumber: 3 };
    expect(await afterASwap([configured])).toEqual([{ ...configured, agentId: IDENTITY.agentId }]);
  });

  it('restart, and depend on others, as the config has it, whatever their version', async () => {
    const other = { ...CONFIGURED, name: 'other' };
    const configured = { ...CONFIGURED, restart: { type: 'permanent' }, dependsOn: ['other'] } as const;
    expect(await afterASwap([configured, other])).toMatchObject([
      { versionNumber: 2, restart: { type: 'permanent' }, dependsOn: ['other'] },
      other,
    ]);
  });

  it('are told of where the config no longer names them', async () => {
    expect(await afterASwap([{ ...CONFIGURED, name: 'another' }])).toEqual([
      { ...CONFIGURED, name: 'another' },
    ]);
    expect(leftOut).toEqual(['agent']);
  });
});
