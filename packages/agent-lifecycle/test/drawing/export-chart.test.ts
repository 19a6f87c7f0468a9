import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { createMachine } from 'xstate';
import { chartGraph } from '../../src/drawing/chart-graph.js';
import { CHART_NAMES, CHARTS } from '../../src/drawing/charts.js';
import { exportChart } from '../../src/drawing/export-chart.js';

describe('exportChart', () => {
  it.each(CHART_NAMES)('writes the %s as JSON, of which the same chart can be made', async (name) => {
    const config = JSON.parse(await exportChart(name, 'json')) as Parameters<typeof createMachine>[0];
    expect(chartGraph(createMachine(config))).toEqual(chartGraph(CHARTS[name]));
  });

  it.each([
    ['mermaid', /^flowchart TB\n/],
    ['dot', /^digraph "agentLifecycle" \{\n/],
  ] as const)('writes a chart as %s', async (format, beginning) => {
    expect(await exportChart('lifecycle', format)).toMatch(beginning);
  });

  it('writes the drawing that the build has made as SVG', () => {
    const args = ['packages/agent-lifecycle/bin.js', 'export', 'lifecycle', '--format', 'svg'];
    const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(stdout).toMatch(/^<svg [^]*<\/svg>\n$/);
  });
});
