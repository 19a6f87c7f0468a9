import { agentLifecycleMachine, agentSupervisorMachine } from 'xstate-agent-lifecycle';
import type { AnyStateMachine } from 'xstate';
import { readBuilt } from '../read-built.js';
import type { ChartLayout } from './chart-layout.js';

/** The charts by the names that people use. */
export const CHARTS = {
  lifecycle: agentLifecycleMachine,
  supervisor: agentSupervisorMachine,
} as const satisfies Record<string, AnyStateMachine>;

export type ChartName = keyof typeof CHARTS;

export const CHART_NAMES = Object.keys(CHARTS) as ChartName[];

/** The drawing of a chart, as JSON. The build computes it. */
export async function drawnChart(name: ChartName): Promise<string> {
  return (await readBuilt(`charts/${name}.json`)).toString();
}

export async function layoutOf(name: ChartName): Promise<ChartLayout> {
  return JSON.parse(await drawnChart(name)) as ChartLayout;
}
