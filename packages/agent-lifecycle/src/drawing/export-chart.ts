import type { AnyStateMachine } from 'xstate';
import { CHARTS, layoutOf, type ChartName } from './charts.js';
import { chartGraph } from './chart-graph.js';
import { toSvg } from './chart-svg.js';
import { toDot } from './dot.js';
import { toMermaid } from './mermaid.js';

export const CHART_FORMATS = ['mermaid', 'dot', 'svg', 'json'] as const;

export type ChartFormat = (typeof CHART_FORMATS)[number];

/** A chart for another tool: `json` is what Stately Studio imports, `svg` the drawing of the page. */
export async function exportChart(name: ChartName, format: ChartFormat): Promise<string> {
  const machine: AnyStateMachine = CHARTS[name];
  switch (format) {
    case 'mermaid':
      return toMermaid(chartGraph(machine));
    case 'dot':
      return toDot(chartGraph(machine));
    case 'svg':
      return toSvg(await layoutOf(name));
    case 'json':
      // Implementations are no part of it: they are named.
      return JSON.stringify(machine.config, null, 2);
  }
}
