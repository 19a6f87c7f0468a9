import { describe, expect, it } from '@jest/globals';
import { createMachine } from 'xstate';
import { chartGraph } from '../../src/drawing/chart-graph.js';
import { layoutChart, type LaidOutNode } from '../../src/drawing/chart-layout.js';
import { toSvg } from '../../src/drawing/chart-svg.js';
import { CHART_NAMES, CHARTS } from '../../src/drawing/charts.js';
import { doorMachine } from '../../../../test/inspect/door.js';

const valuesOf = (svg: string, attribute: string) =>
  [...svg.matchAll(new RegExp(`${attribute}="([^"]*)"`, 'g'))].map(([, value]) => value);

const isWithin = (inner: LaidOutNode, outer: LaidOutNode) =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height;

const doOverlap = (one: LaidOutNode, other: LaidOutNode) =>
  one.x < other.x + other.width &&
  other.x < one.x + one.width &&
  one.y < other.y + other.height &&
  other.y < one.y + one.height;

describe.each(CHART_NAMES)('the drawing of the %s', (name) => {
  const graph = chartGraph(CHARTS[name]);

  it('has every state and every transition', async () => {
    const svg = toSvg(await layoutChart(graph));
    expect({ nodes: valuesOf(svg, 'data-node'), edges: valuesOf(svg, 'data-edge') }).toEqual({
      nodes: graph.nodes.map(({ id }) => id),
      edges: graph.edges.map(({ id }) => id),
    });
  });

  it('has a line for every arrow and every beginning', async () => {
    const { edges, starts } = await layoutChart(graph);
    const lines = [
      ...edges.map(({ id, points }) => [id, points]),
      ...starts.map((start) => [start, start.points]),
    ];
    expect(lines.filter(([, points]) => (points as unknown[]).length < 2)).toEqual([]);
  });

  it('has each state within its parent, and beside its siblings', async () => {
    const { nodes } = await layoutChart(graph);
    const outside = nodes.filter((node) => {
      const parent = nodes.find(({ id }) => id === node.parent);
      return parent !== undefined && !isWithin(node, parent);
    });
    const overlapping = nodes.filter((node) =>
      nodes.some((other) => other !== node && other.parent === node.parent && doOverlap(node, other)),
    );
    expect({ outside, overlapping }).toEqual({ outside: [], overlapping: [] });
  });
});

describe('the drawing of a chart', () => {
  it('has a state that is added to it', async () => {
    const { config } = doorMachine;
    const more = createMachine({
      ...config,
      states: { ...config.states, ajar: { on: { 'door.push': 'open' } } },
    } as never);
    const svg = toSvg(await layoutChart(chartGraph(more)));
    expect([
      valuesOf(svg, 'data-node').includes('ajar'),
      valuesOf(svg, 'data-edge').includes('ajar → open'),
    ]).toEqual([true, true]);
  });

  it('names whatever it shows in XML', async () => {
    const machine = createMachine({
      id: 'a<b',
      initial: '"&"',
      states: { '"&"': { description: '<script>' } },
    });
    const svg = toSvg(await layoutChart(chartGraph(machine)));
    expect([valuesOf(svg, 'aria-label'), valuesOf(svg, 'data-node'), svg.includes('<script>')]).toEqual([
      ['The statechart a&lt;b'],
      ['&quot;&amp;&quot;'],
      false,
    ]);
  });

  it('brings its own colours unless it is told not to', async () => {
    const layout = await layoutChart(chartGraph(doorMachine));
    expect([toSvg(layout), toSvg(layout, { styled: false })].map((svg) => svg.includes('<style>'))).toEqual([
      true,
      false,
    ]);
  });
});
