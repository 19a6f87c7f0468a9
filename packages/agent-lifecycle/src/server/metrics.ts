import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Agent, AgentHost, JournalEntry } from 'xstate-agent-lifecycle';
import { addRequestMetrics } from './request-metrics.js';

/** Seconds: operations end at once, or at a timeout of minutes. */
const BUCKETS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];

/** What a host's agents do, by Prometheus' conventions. */
export function hostMetrics(host: AgentHost): Registry {
  const registry = new Registry();
  const registers = [registry];
  const transitions = new Counter({
    name: 'agent_lifecycle_transitions_total',
    help: 'Changes of the top state of agents',
    labelNames: ['agent', 'from', 'to'],
    registers,
  });
  const rejections = new Counter({
    name: 'agent_lifecycle_rejections_total',
    help: 'Events that agents did not take, by the code of the refusal',
    labelNames: ['agent', 'code'],
    registers,
  });
  const restarts = new Counter({
    name: 'agent_lifecycle_restarts_total',
    help: 'Restarts of agents by their supervisors',
    labelNames: ['agent'],
    registers,
  });
  const operations = new Histogram({
    name: 'agent_lifecycle_operation_duration_seconds',
    help: 'What the operations of agents took, by their outcome',
    labelNames: ['agent', 'operation', 'outcome'],
    buckets: BUCKETS,
    registers,
  });
  const drains = new Histogram({
    name: 'agent_lifecycle_drain_duration_seconds',
    help: 'What it took from the moment in which agents were to end to the end',
    labelNames: ['agent', 'forced'],
    buckets: BUCKETS,
    registers,
  });
  new Gauge({
    name: 'agent_lifecycle_pending_requests',
    help: 'Requests that agents have accepted and not completed',
    labelNames: ['agent'],
    registers,
    collect() {
      this.reset();
      for (const agent of host.agents) this.set({ agent: agent.name }, agent.record.pendingRequests);
    },
  });
  new Gauge({
    name: 'agent_lifecycle_agents',
    help: 'Agents by their state',
    labelNames: ['state'],
    registers,
    collect() {
      this.reset();
      for (const { state } of host.agents) this.inc({ state });
    },
  });

  addRequestMetrics(host, registry);

  const countTransition = (agent: string, ...leaves: [string, string]) => {
    const [from, to] = leaves.map((leaf) => leaf.split('.')[0]) as [string, string];
    if (from !== to) transitions.inc({ agent, from, to });
  };

  host.watch((entry: JournalEntry, { name: agent }: Agent) => {
    switch (entry.type) {
      case 'transition':
        countTransition(agent, entry.from, entry.to);
        return;
      case 'refusal':
        rejections.inc({ agent, code: entry.code });
        return;
      case 'restarted':
        restarts.inc({ agent });
        return;
      case 'operation': {
        const { operation, outcome, duration } = entry;
        operations.observe({ agent, operation, outcome }, duration / 1_000);
        return;
      }
      case 'drained': {
        const { forced, durations } = entry.report;
        drains.observe({ agent, forced: String(forced) }, durations.total / 1_000);
      }
    }
  });
  return registry;
}
