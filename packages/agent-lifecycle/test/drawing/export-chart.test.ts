import { describe, expect, it } from '@jest/globals';
import { createMachine } from 'xstate';
import { chartGraph } from '../../src/drawing/chart-graph.js';
import { CHART_NAMES, CHARTS, exportChart } from '../../src/drawing/export-chart.js';

describe('exportChart', () => {
  it.each(CHART_NAMES)('writes the %s as JSON, of which the same chart can be made', async (name) => {
    const config = JSON.parse(await exportChart(name, 'json')) as Parameters<typeof createMachine>[0];
    expect(chartGraph(createMachine(config))).toEqual(chartGraph(CHARTS[name]));
  });

  it.each([
    ['mermaid', /^flowchart TB\n/],
    ['dot', /^digraph "agentLifecycle" \{\n/],
    ['svg', /^<svg /],
  ] as const)('writes a chart as %s', async (format, beginning) => {
    expect(await exportChart('lifecycle', format)).toMatch(beginning);
  });
});
