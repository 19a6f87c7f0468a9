import { describe, expect, it } from '@jest/globals';
import { chartGraph } from '../../src/drawing/chart-graph.js';
import { toMermaid } from '../../src/drawing/mermaid.js';
import { doorMachine } from '../../../../test/inspect/door.js';

describe('toMermaid', () => {
  it('draws states within states, guards, delays, and what a state takes without leaving it', () => {
    expect(toMermaid(chartGraph(doorMachine)).split('\n')).toEqual([
      'flowchart TB',
      '  chart_initial(( )) --> chart_closed',
      '  subgraph chart_closed["closed<br>door.knock"]',
      '    chart_closed_initial(( )) --> chart_closed_locked',
      '    chart_closed_locked("locked")',
      '    chart_closed_unlocked("unlocked")',
      '  end',
      '  chart_open[["open"]]',
      '  chart_closed_locked -->|"door.unlock"| chart_closed_unlocked',
      '  chart_closed_unlocked -->|"after patience"| chart_closed_locked',
      '  chart_closed_unlocked -->|"always [isWarm]"| chart_open',
    ]);
  });
});
