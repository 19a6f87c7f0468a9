import { SimulatedClock } from 'xstate';
import { createAgentHost, type AgentSpec } from '../../src/index.js';
import { ScriptedDriver } from './scripted-driver.js';

/** A host on a simulated clock, of agents that a scripted driver carries out. */
export function hostWith(driver = new ScriptedDriver(), drivers: Record<string, ScriptedDriver> = {}) {
  const clock = new SimulatedClock();
  const errors: unknown[] = [];
  const host = createAgentHost({
    drivers: {
      scripted: driver.factory,
      ...Object.fromEntries(Object.entries(drivers).map(([name, each]) => [name, each.factory])),
    },
    clock,
    onError: (error) => errors.push(error),
  });
  return {
    driver,
    clock,
    errors,
    host,
    deploy: (spec: Partial<AgentSpec> = {}) => host.deploy({ name: 'agent', driver: 'scripted', ...spec }),
  };
}

export async function runningAgent(
  driver = new ScriptedDriver(),
  spec: Partial<AgentSpec> = {},
  drivers: Record<string, ScriptedDriver> = {},
) {
  const rig = hostWith(driver, drivers);
  const agent = rig.deploy(spec);
  await agent.run();
  return { ...rig, agent };
}

/** Lets what has been asked for reach the driver. */
export async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
