import type { AnyStateMachine } from 'xstate';
import { agentLifecycleMachine } from '../../../../machines/agent-lifecycle.machine.js';
import { agentSupervisorMachine } from '../../../../machines/agent-supervisor.machine.js';
import { chartGraph } from './chart-graph.js';
import { toDot } from './dot.js';
import { toMermaid } from './mermaid.js';

/** The charts by the names that people use. */
export const CHARTS = {
  lifecycle: agentLifecycleMachine,
  supervisor: agentSupervisorMachine,
} as const satisfies Record<string, AnyStateMachine>;

export type ChartName = keyof typeof CHARTS;

export const CHART_NAMES = Object.keys(CHARTS) as ChartName[];

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
    case 'svg': {
      // What computes the layout is large, and only a drawing needs it.
      const [{ layoutChart }, { toSvg }] = await Promise.all([
        import('./chart-layout.js'),
        import('./chart-svg.js'),
      ]);
      return toSvg(await layoutChart(chartGraph(machine)));
    }
    case 'json':
      // Implementations are no part of it: they are named.
      return JSON.stringify(machine.config, null, 2);
  }
}
