import type { Command } from 'commander';
import type { SwapSpec } from 'xstate-agent-lifecycle';
import { agentTable } from './agent-table.js';
import { ConfigError } from '../command-error.js';
import { readConfig } from '../config/config.js';
import { hostCommand, show, withHost, withProgress, type HostOptions } from './host-command.js';

export function addSwapCommand(program: Command): void {
  hostCommand(program, 'swap', 'put a new version in the place of an agent, without a gap')
    .argument('<name>', 'the agent')
    .requiredOption('--config <file>', 'a config that has the new version, with a higher versionNumber')
    .action(async (name: string, options: HostOptions & { config: string }) => {
      const spec = await swapSpecIn(options.config, name);
      await withHost(options, async (client) => {
        const answer = await withProgress(options, client, name, client.swap(name, spec));
        show(options, answer, ({ agent }) => agentTable([agent]));
      });
    });
}

/** What a swap may change, as a config has it. */
async function swapSpecIn(file: string, name: string): Promise<SwapSpec> {
  const { agents } = await readConfig(file);
  const index = agents.findIndex((agent) => agent.name === name);
  const agent = agents[index];
  if (agent === undefined) {
    throw new ConfigError(file, [`agents: expected one of the name ${JSON.stringify(name)}, found none`]);
  }
  const { driver, options, version, versionNumber, transitionTimeout, drainTimeout, requests } = agent;
  if (versionNumber === undefined) {
    const problem = `agents[${index}].versionNumber: expected one that is higher than before, received none`;
    throw new ConfigError(file, [problem]);
  }
  return { driver, options, version, versionNumber, transitionTimeout, drainTimeout, requests };
}
