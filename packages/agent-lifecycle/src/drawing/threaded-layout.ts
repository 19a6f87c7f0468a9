import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { ChartGraph } from './chart-graph.js';
import type { ChartLayout } from './chart-layout.js';

/** Lays a chart out in a thread of its own: it takes a second, in which the agents of a host would stand still. */
export async function layoutInThread(graph: ChartGraph): Promise<ChartLayout> {
  // Relative to this module once it is compiled.
  const worker = new Worker(new URL('layout-worker.js', import.meta.url), { workerData: graph });
  worker.unref();
  const ended = once(worker, 'exit').then(([code]) => {
    throw new Error(`The layout ended with exit code ${String(code)}`);
  });
  const [layout] = (await Promise.race([once(worker, 'message'), ended])) as [ChartLayout];
  return layout;
}
