import { describe, expect, it } from '@jest/globals';
import { createMachine } from 'xstate';
import { chartGraph } from '../../src/drawing/chart-graph.js';
import { toDot } from '../../src/drawing/dot.js';
import { doorMachine } from '../../../../test/inspect/door.js';

describe('toDot', () => {
  it('draws compound states as clusters, and arrows between leaves, which are cut at their borders', () => {
    expect(toDot(chartGraph(doorMachine)).split('\n')).toEqual([
      'digraph "door" {',
      '  compound=true;',
      '  initial [shape=point];',
      '  initial -> "closed.locked";',
      '  subgraph "cluster_closed" {',
      '    label="closed\\ndoor.knock";',
      '    "closed.locked" [label="locked", shape=box, style=rounded];',
      '    "closed.unlocked" [label="unlocked", shape=box, style=rounded];',
      '  }',
      '  "open" [label="open", shape=doublecircle, style=rounded];',
      '  "closed.locked" -> "closed.unlocked" [label="door.unlock"];',
      '  "closed.unlocked" -> "closed.locked" [label="after patience"];',
      '  "closed.unlocked" -> "open" [label="always [isWarm]"];',
      '}',
    ]);
  });

  it('names the clusters that an arrow leaves and enters', () => {
    const machine = createMachine({
      id: 'lamp',
      initial: 'off',
      states: {
        off: { initial: 'cold', states: { cold: {} }, on: { 'lamp.light': 'on' } },
        on: { initial: 'warm', states: { warm: {} } },
      },
    });
    expect(toDot(chartGraph(machine))).toContain(
      '  "off.cold" -> "on.warm" [label="lamp.light", ltail="cluster_off", lhead="cluster_on"];',
    );
  });

  it("keeps to Graphviz's grammar whatever the names are", () => {
    const machine = createMachine({ id: 'a "quote"', initial: 'back\\slash', states: { 'back\\slash': {} } });
    expect(toDot(chartGraph(machine)).split('\n')).toEqual([
      'digraph "a \\"quote\\"" {',
      '  compound=true;',
      '  initial [shape=point];',
      '  initial -> "back\\\\slash";',
      '  "back\\\\slash" [label="back\\\\slash", shape=box, style=rounded];',
      '}',
    ]);
  });
});
