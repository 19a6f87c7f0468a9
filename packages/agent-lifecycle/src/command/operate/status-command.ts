import type { Command } from 'commander';
import { agentTable } from './agent-table.js';
import { columnsOf } from './table.js';
import { hostCommand, show, withHost, type HostOptions } from './host-command.js';

export function addStatusCommand(program: Command): void {
  hostCommand(program, 'status', 'show how the agents of a host are')
    .argument('[name]', 'only this agent')
    .action(async (name: string | undefined, options: HostOptions) => {
      await withHost(options, async (client) => {
        const width = columnsOf(process.stdout, process.env);
        if (name === undefined) show(options, await client.agents(), (agents) => agentTable(agents, width));
        // The reason of a single agent is not cut.
        else show(options, await client.agent(name), (agent) => agentTable([agent]));
      });
    });
}
