import { parentPort, workerData } from 'node:worker_threads';
import type { ChartGraph } from './chart-graph.js';
import { layoutChart } from './chart-layout.js';

parentPort?.postMessage(await layoutChart(workerData as ChartGraph));
