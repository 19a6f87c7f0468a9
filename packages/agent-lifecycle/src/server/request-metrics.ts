import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { AgentHost, RequestCounts } from 'xstate-agent-lifecycle';

/** Seconds: requests answer in milliseconds, or stream for hours. */
const BUCKETS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600];

/** Counts the requests of a host's agents. */
export function addRequestMetrics(host: AgentHost, registry: Registry): void {
  const registers = [registry];
  const requests = new Counter({
    name: 'agent_lifecycle_requests_total',
    help: 'Requests that have ended, by their outcome',
    labelNames: ['agent', 'outcome'],
    registers,
  });
  const durations = new Histogram({
    name: 'agent_lifecycle_request_duration_seconds',
    help: 'What requests took from their arrival to their answer, or to the end of its stream',
    labelNames: ['agent', 'outcome'],
    buckets: BUCKETS,
    registers,
  });
  const chunkCount = new Counter({
    name: 'agent_lifecycle_request_chunks_total',
    help: 'Chunks of streamed answers, counted when their request has ended',
    labelNames: ['agent'],
    registers,
  });
  host.onRequestEnd(({ outcome, duration, chunks }, { name: agent }) => {
    requests.inc({ agent, outcome });
    durations.observe({ agent, outcome }, duration / 1_000);
    if (chunks > 0) chunkCount.inc({ agent }, chunks);
  });

  const gauge = (name: string, help: string, countIn: (requests: RequestCounts) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['agent'],
      registers,
      collect() {
        this.reset();
        for (const { name: agent, requests } of host.agents) this.set({ agent }, countIn(requests));
      },
    });
  gauge('agent_lifecycle_queued_requests', 'Requests that wait for a place', ({ queued }) => queued);
  gauge(
    'agent_lifecycle_streaming_requests',
    'Requests in work whose answer is a stream',
    ({ streaming }) => streaming,
  );
}
