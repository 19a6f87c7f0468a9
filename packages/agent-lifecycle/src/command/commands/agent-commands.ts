import type { Command } from 'commander';
import { agentTable } from '../agent-table.js';
import type { AgentAnswer } from '../host-answers.js';
import type { AgentCommand } from '../host-client.js';
import { hostCommand, show, withHost, withProgress, type HostOptions } from './host-command.js';

const COMMANDS: readonly { name: string; sends: AgentCommand; description: string }[] = [
  {
    name: 'start',
    sends: 'run',
    description: 'bring an agent up, whatever is left to do; one that has ended begins anew',
  },
  { name: 'drain', sends: 'drain', description: 'have an agent finish its requests, then stop' },
  { name: 'stop', sends: 'stop', description: 'stop an agent without waiting for its requests' },
  { name: 'cordon', sends: 'cordon', description: 'have an agent accept no requests, and go on running' },
  { name: 'uncordon', sends: 'uncordon', description: 'have a cordoned agent accept requests again' },
];

/** The commands that say nothing but what is to become of an agent. */
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

function answerText({ agent, report }: AgentAnswer): string {
  const table = agentTable([agent]);
  if (report === undefined || report === null) return table;
  const { completed, aborted, abandoned, forced, durations } = report;
  const requests = `${completed} completed, ${aborted.length} aborted, ${abandoned.length} abandoned`;
  return `${table}\n\n${forced ? 'Forced' : 'Drained'} in ${durations.total} ms: ${requests}`;
}
