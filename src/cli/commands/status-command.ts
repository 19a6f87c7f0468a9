import type { Command } from 'commander';
import { agentTable } from '../agent-table.js';
import { hostCommand, show, withHost, type HostOptions } from './host-command.js';

export function addStatusCommand(program: Command): void {
  hostCommand(program, 'status', 'show how the agents of a host are')
    .argument('[name]', 'only this agent')
    .action(async (name: string | undefined, options: HostOptions) => {
      await withHost(options, async (client) => {
        if (name === undefined) show(options, await client.agents(), agentTable);
        else show(options, await client.agent(name), (agent) => agentTable([agent]));
      });
    });
}
