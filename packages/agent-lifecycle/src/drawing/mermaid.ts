import { reactionText, type ChartGraph, type ChartNode } from './chart-graph.js';

/**
 * A statechart as a Mermaid flowchart: states within states; events, guards and delays on the arrows. What a state
 * takes without leaving it stands in its box. (Mermaid's own state diagrams draw no arrows between the children of two
 * states.)
 */
export function toMermaid({ nodes, edges }: ChartGraph): string {
  const boxesIn = (parent: string | null, indent: string): string[] =>
    nodes.filter((node) => node.parent === parent).flatMap((node) => box(node, indent));
  const initialIn = (parent: string | null, indent: string): string[] =>
    nodes
      .filter((node) => node.parent === parent && node.initial)
      .map((node) => `${indent}${idOf(parent ?? '')}_initial(( )) --> ${idOf(node.id)}`);
  const box = (node: ChartNode, indent: string): string[] => {
    const label = quoted(node.key, ...node.reactions.map(reactionText));
    const id = idOf(node.id);
    switch (node.kind) {
      case 'compound':
        return [
          `${indent}subgraph ${id}[${label}]`,
          ...initialIn(node.id, `${indent}  `),
          ...boxesIn(node.id, `${indent}  `),
          `${indent}end`,
        ];
      case 'final':
        return [`${indent}${id}[[${label}]]`];
      case 'atomic':
        return [`${indent}${id}(${label})`];
    }
  };
  const arrows = edges.map(
    ({ source, target, reactions }) =>
      `  ${idOf(source)} -->|${quoted(...reactions.map(reactionText))}| ${idOf(target)}`,
  );
  return ['flowchart TB', ...initialIn(null, '  '), ...boxesIn(null, '  '), ...arrows].join('\n');
}

function idOf(id: string): string {
  return ['chart', ...id.split('.')].filter((part) => part !== '').join('_');
}

/** Lines of text, in which Mermaid has no other way to write a quote. */
function quoted(...lines: string[]): string {
  return `"${lines.join('<br>').replaceAll('"', '#quot;')}"`;
}
