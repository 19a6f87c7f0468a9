import { CHARTS } from './charts.js';
import { chartGraph } from './chart-graph.js';
import { layoutChart, type ChartLayout } from './chart-layout.js';

/** The drawings of all charts, by name. */
export async function drawCharts(): Promise<Record<string, ChartLayout>> {
  const drawings = Object.entries(CHARTS).map(
    async ([name, machine]) => [name, await layoutChart(chartGraph(machine))] as const,
  );
  return Object.fromEntries(await Promise.all(drawings));
}
