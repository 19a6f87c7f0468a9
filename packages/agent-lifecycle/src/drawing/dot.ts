import { reactionText, type ChartGraph, type ChartNode } from './chart-graph.js';

/** A statechart in Graphviz's language: states within states are clusters. */
export function toDot({ id, nodes, edges }: ChartGraph): string {
  const isCompound = (name: string) => nodes.some((node) => node.id === name && node.kind === 'compound');
  /** Graphviz draws arrows between leaves only, and cuts them at the border of a cluster. */
  const leafOf = (name: string): string => {
    const child = nodes.find((node) => node.parent === name && node.initial);
    return child === undefined ? name : leafOf(child.id);
  };
  const boxesIn = (parent: string | null, indent: string): string[] =>
    nodes.filter((node) => node.parent === parent).flatMap((node) => box(node, indent));
  const box = (node: ChartNode, indent: string): string[] => {
    const label = quoted(node.key, ...node.reactions.map(reactionText));
    if (node.kind !== 'compound') {
      const shape = node.kind === 'final' ? 'doublecircle' : 'box';
      return [`${indent}${quoted(node.id)} [label=${label}, shape=${shape}, style=rounded];`];
    }
    return [
      `${indent}subgraph ${quoted(`cluster_${node.id}`)} {`,
      `${indent}  label=${label};`,
      ...boxesIn(node.id, `${indent}  `),
      `${indent}}`,
    ];
  };
  const arrows = edges.map(({ source, target, reactions }) => {
    const attributes = [
      `label=${quoted(...reactions.map(reactionText))}`,
      ...(isCompound(source) ? [`ltail=${quoted(`cluster_${source}`)}`] : []),
      ...(isCompound(target) ? [`lhead=${quoted(`cluster_${target}`)}`] : []),
    ];
    return `  ${quoted(leafOf(source))} -> ${quoted(leafOf(target))} [${attributes.join(', ')}];`;
  });
  const starts = nodes
    .filter((node) => node.parent === null && node.initial)
    .flatMap((node) => ['  initial [shape=point];', `  initial -> ${quoted(leafOf(node.id))};`]);
  return [
    `digraph ${quoted(id)} {`,
    '  compound=true;',
    ...starts,
    ...boxesIn(null, '  '),
    ...arrows,
    '}',
  ].join('\n');
}

/** Lines of text: a quote would end it, a backslash is Graphviz's own. */
function quoted(...lines: string[]): string {
  return `"${lines.map((line) => line.replaceAll(/["\\]/g, '\\$&')).join('\\n')}"`;
}
