import { Counter, Gauge, type Histogram, type Registry } from 'prom-client';
import type { AgentHost, RequestCounts } from 'xstate-agent-lifecycle';
import { Tally, tallyHistogram } from './tally-histogram.js';

/** Seconds: requests answer in milliseconds, or stream for hours. */
const BUCKETS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600];

/** The requests of an agent that have ended. */
interface Ended {
  readonly byOutcome: Map<string, Tally>;
  chunks: number;
}

/**
 * Counts the requests of a host's agents. They are counted in numbers, which become metrics when those are asked for:
 * prom-client looks its labels up each time, which takes a third of what a request takes.
 */
export function addRequestMetrics(host: AgentHost, registry: Registry): void {
  const ended = new Map<string, Ended>();
  host.onRequestEnd(({ outcome, duration, chunks }, { name }) => {
    const of = got(ended, name, () => ({ byOutcome: new Map<string, Tally>(), chunks: 0 }));
    of.chunks += chunks;
    got(of.byOutcome, outcome, () => new Tally(BUCKETS)).add(duration / 1_000);
  });

  const registers = [registry];
  new Counter({
    name: 'agent_lifecycle_requests_total',
    help: 'Requests that have ended, by their outcome',
    labelNames: ['agent', 'outcome'],
    registers,
    collect() {
      this.reset();
      for (const [agent, { byOutcome }] of ended) {
        for (const [outcome, { count }] of byOutcome) this.inc({ agent, outcome }, count);
      }
    },
  });
  new Counter({
    name: 'agent_lifecycle_request_chunks_total',
    help: 'Chunks of streamed answers, counted when their request has ended',
    labelNames: ['agent'],
    registers,
    collect() {
      this.reset();
      for (const [agent, { chunks }] of ended) this.inc({ agent }, chunks);
    },
  });
  const durations = tallyHistogram({
    name: 'agent_lifecycle_request_duration_seconds',
    help: 'What requests took from their arrival to their answer, or to the end of its stream',
    *tallies() {
      for (const [agent, { byOutcome }] of ended) {
        for (const [outcome, tally] of byOutcome) yield { labels: { agent, outcome }, tally };
      }
    },
  });
  // A registry asks no more of a metric than that.
  registry.registerMetric(durations as Histogram);

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

function got<Value>(map: Map<string, Value>, key: string, create: () => Value): Value {
  const found = map.get(key);
  if (found !== undefined) return found;
  const created = create();
  map.set(key, created);
  return created;
}
