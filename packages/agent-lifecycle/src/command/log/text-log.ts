import {
  type Agent,
  type AgentHost,
  type AgentReport,
  type JournalEntry,
  StateTransitionError,
} from 'xstate-agent-lifecycle';
import { entryText } from '../../wire/view-text.js';
import { escapeControls } from '../escape-controls.js';
import type { HostLog } from './host-log.js';
import type { StopStep } from '../stop-signals.js';

const STEPS: Readonly<Record<StopStep, string>> = {
  drain: 'accepting no more, draining',
  force: 'stopping without waiting for requests',
  exit: 'exiting at once',
};

/** A log for people. */
export function textLog(output: NodeJS.WritableStream): HostLog {
  const print = (line: string) => {
    output.write(`${escapeControls(line)}\n`);
  };
  return {
    watch: (host) => {
      logAgents(host, print);
    },
    serving: (names, url) => {
      print(`Serving ${names.join(', ')} on ${url}`);
    },
    inspecting: (url) => {
      print(`Inspect them at ${url}`);
    },
    notStarted: ({ name, error }) => {
      // A failure of the agent itself was shown by its state.
      if (error instanceof StateTransitionError) return;
      print(`${name}: not started: ${error.message}`);
    },
    stopping: (signal, step) => {
      print(`${signal}: ${STEPS[step]}`);
    },
    left: (report) => {
      print(reportText(report));
    },
    leftOut: (names) => {
      print(`Not in the config, and left as they are: ${names.join(', ')}`);
    },
    keptNewer: (name, { kept, configured }) => {
      print(
        `${name}: goes on in version ${kept}, which is kept: version ${configured} of the config is older`,
      );
    },
    output: (agent, { text }) => {
      print(`${agent} | ${text}`);
    },
    failure: (source, error) => {
      print(`${source}: ${String(error)}`);
    },
  };
}

/** Shows what happens to each agent, and the progress of a drain, a line each. */
function logAgents(host: AgentHost, print: (line: string) => void): void {
  const show = (agent: Agent, text: string) => {
    const width = Math.max(...host.agents.map(({ name }) => name.length));
    print(`${agent.name.padEnd(width)}  ${text}`);
  };
  const watched = new WeakSet<Agent['actor']>();
  host.watch((entry, agent) => {
    const text = logText(entry);
    const generation = entry.generation === agent.generation ? '' : `generation ${entry.generation}: `;
    if (text !== null) show(agent, `${generation}${text}`);
    const { actor } = agent;
    if (agent.state !== 'draining' || watched.has(actor)) return;
    watched.add(actor);
    let shown = agent.record.pendingRequests;
    actor.subscribe({
      next: ({ context: { pendingRequests } }) => {
        if (pendingRequests !== shown) show(agent, `draining: ${requests(pendingRequests)} pending`);
        shown = pendingRequests;
      },
      // The host handles it.
      error: () => undefined,
    });
  });
}

/** How an agent was left, for the last lines of a host. */
function reportText({ name, state, failureReason, abandonedRequests, forced, drain }: AgentReport): string {
  const reason = failureReason === null ? '' : `: ${failureReason}`;
  const handedOver = drain?.handedOver.length ?? 0;
  const details = [
    forced ? 'forced' : '',
    handedOver > 0 ? `${requests(handedOver)} handed over` : '',
    abandonedRequests > 0 ? `${requests(abandonedRequests)} abandoned` : '',
  ].filter((text) => text !== '');
  return [`${name}: ${state}${reason}`, ...details].join(', ');
}

/** Null for entries that others cover: an operation is shown by the state that it leads to. */
function logText(entry: JournalEntry): string | null {
  switch (entry.type) {
    case 'transition':
      return transitionText(entry);
    case 'deployed':
    case 'operation':
    case 'drained':
    case 'fenced':
      return null;
    default:
      return entryText(entry);
  }
}

/** Null for a step within a state. */
function transitionText({
  from: fromLeaf,
  to: toLeaf,
  failureReason,
  pendingRequests,
}: JournalEntry & { readonly type: 'transition' }): string | null {
  const [from, to] = [fromLeaf, toLeaf].map((leaf) => leaf.split('.')[0]);
  if (from === to) return null;
  const reason = to === 'failed' ? `: ${String(failureReason)}` : '';
  const pending = to === 'draining' ? `, ${requests(pendingRequests)} pending` : '';
  return `${String(from)} → ${String(to)}${reason}${pending}`;
}

function requests(count: number): string {
  return count === 1 ? '1 request' : `${count} requests`;
}
