import type { Command } from 'commander';
import { agentTable } from './agent-table.js';
import type { CommandResult } from '../../wire/agent-view.js';
import { drainText } from '../../wire/view-text.js';
import type { AgentCommand } from './host-client.js';
import { hostCommand, show, withHost, withProgress, type HostOptions } from './host-command.js';

const COMMANDS: readonly { name: string; sends: AgentCommand; description: string }[] = [
  {
    name: 'start',
    sends: 'run',
    description: 'start an agent; one that has ended starts as its next generation',
  },
  { name: 'drain', sends: 'drain', description: 'have an agent finish its requests, then stop' },
  { name: 'stop', sends: 'stop', description: 'stop an agent without waiting for its requests' },
  { name: 'cordon', sends: 'cordon', description: 'stop an agent from accepting requests; it keeps running' },
  { name: 'uncordon', sends: 'uncordon', description: 'let a cordoned agent accept requests again' },
];

/** Adds the commands whose only argument is an agent. */
export function addAgentCommands(program: Command): void {
  for (const { name, sends, description } of COMMANDS) {
    hostCommand(program, name, description)
      .argument('<name>', 'the agent')
      .action(async (agent: string, options: HostOptions) => {
        await withHost(options, async (client) => {
          const answer = await withProgress(options, client, agent, client.command(agent, sends));
          show(options, answer, answerText);
        });
      });
  }
}

function answerText({ agent, report }: CommandResult): string {
  const table = agentTable([agent]);
  if (report === undefined || report === null) return table;
  const text = drainText(report);
  return `${table}\n\n${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
