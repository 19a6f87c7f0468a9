import { afterEach, expect } from '@jest/globals';
import {
  createAgentHost,
  type Agent,
  type AgentHost,
  type AgentHostOptions,
  type AgentSpec,
} from '../../../src/index.js';
import { wasmDriver, type WasmOptions } from '../../../src/drivers/wasm/index.js';

const hosts: AgentHost[] = [];

afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.shutdown({ force: true })));
});

/** A host of WebAssembly agents, which is shut down after the test. */
export function newHost(options: Omit<AgentHostOptions, 'drivers'> = {}): AgentHost {
  const host = createAgentHost({ drivers: { wasm: wasmDriver() }, ...options });
  hosts.push(host);
  return host;
}

export function deploy(options: WasmOptions, spec: Partial<AgentSpec> = {}, host = newHost()): Agent {
  return host.deploy({ name: 'plugin', driver: 'wasm', options, ...spec });
}

export async function running(options: WasmOptions, host = newHost()): Promise<Agent> {
  const agent = deploy(options, {}, host);
  expect(await agent.run()).toMatchObject({ error: null });
  return agent;
}

export async function textOf(answer: Promise<unknown>): Promise<string> {
  return new TextDecoder().decode((await answer) as Uint8Array);
}
