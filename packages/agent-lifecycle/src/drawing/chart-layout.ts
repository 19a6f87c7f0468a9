import ElkModule, { type ElkExtendedEdge, type ElkNode, type ElkPoint } from 'elkjs/lib/elk.bundled.js';
import { reactionText, type ChartEdge, type ChartGraph, type ChartNode } from './chart-graph.js';

/** Where all of a statechart stands, in pixels from the top left. JSON only. */
export interface ChartLayout {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly LaidOutNode[];
  readonly edges: readonly LaidOutEdge[];
  /** The dots where the machine and its compound states begin, each with the arrow to its first state. */
  readonly starts: readonly { readonly target: string; readonly points: readonly Point[] }[];
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

export interface LaidOutNode extends ChartNode, Box {
  /** What it takes without leaving it, a line each. */
  readonly lines: readonly string[];
}

export interface LaidOutEdge extends ChartEdge {
  readonly points: readonly Point[];
  readonly label: Box & { readonly lines: readonly string[] };
}

/** Pixels: of a character of the drawing's fonts, which are chosen to be no wider, and of what is around a text. */
const CHARACTER = 6.7;
const LINE = 15;
const TITLE = 24;
const MARGIN = 12;
const DOT = 10;

const OPTIONS = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.json.shapeCoords': 'ROOT',
  'elk.json.edgeCoords': 'ROOT',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.spacing.nodeNode': '24',
  'elk.spacing.edgeNode': '14',
  'elk.spacing.edgeEdge': '10',
  'elk.layered.spacing.nodeNodeBetweenLayers': '28',
  'elk.layered.spacing.edgeNodeBetweenLayers': '14',
  'elk.edgeLabels.inline': 'false',
  // The states stand in the order of the machine, from top to bottom.
  'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
  'elk.layered.cycleBreaking.strategy': 'MODEL_ORDER',
};

/** Computes the drawing of a statechart: nothing in it is placed by hand. */
export async function layoutChart(graph: ChartGraph): Promise<ChartLayout> {
  // Its types tell of a default export, which a module of CommonJS has not in Node.
  const Elk = ElkModule as unknown as new () => { layout(graph: ElkNode): Promise<ElkNode> };
  const placed = await new Elk().layout({
    id: ROOT,
    layoutOptions: OPTIONS,
    children: childrenOf(graph, null),
    edges: [...graph.edges.map(toElkEdge), ...graph.nodes.filter(({ initial }) => initial).map(startOf)],
  });
  const boxes = new Map(flatten(placed).map((node) => [node.id, boxOf(node)]));
  const routes = new Map((placed.edges ?? []).map((edge) => [edge.id, edge]));
  return {
    id: graph.id,
    ...sizeOf(placed),
    nodes: graph.nodes.map((node) => ({
      ...node,
      ...(boxes.get(node.id) ?? NOWHERE),
      lines: node.reactions.map(reactionText),
    })),
    edges: graph.edges.map((edge) => {
      const route = routes.get(edge.id);
      const label = { ...boxOf(route?.labels?.[0]), lines: edge.reactions.map(reactionText) };
      return { ...edge, points: pointsOf(route), label };
    }),
    starts: graph.nodes
      .filter(({ initial }) => initial)
      .map((node) => ({ target: node.id, points: pointsOf(routes.get(startOf(node).id)) })),
  };
}

const ROOT = 'root';
const NOWHERE: Box = { x: 0, y: 0, width: 0, height: 0 };

function childrenOf(graph: ChartGraph, parent: string | null): ElkNode[] {
  const children = graph.nodes.filter((node) => node.parent === parent).map((node) => toElkNode(graph, node));
  return [{ id: dotIn(parent), width: DOT, height: DOT }, ...children];
}

function toElkNode(graph: ChartGraph, node: ChartNode): ElkNode {
  const lines = node.reactions.map(reactionText);
  const { width, height } = textSize([node.key, ...lines], CHARACTER * 1.15);
  if (node.kind !== 'compound')
    return { id: node.id, width: width + 2 * MARGIN, height: height + 2 * MARGIN };
  const top = TITLE + MARGIN + lines.length * LINE;
  return {
    id: node.id,
    layoutOptions: {
      'elk.padding': `[top=${top},left=${MARGIN},bottom=${MARGIN},right=${MARGIN}]`,
      'elk.nodeSize.constraints': 'MINIMUM_SIZE',
      'elk.nodeSize.minimum': `(${width + 2 * MARGIN}, ${top})`,
    },
    children: childrenOf(graph, node.id),
  };
}

function toElkEdge({ id, source, target, reactions }: ChartEdge): ElkExtendedEdge {
  const lines = reactions.map(reactionText);
  const label = { text: lines.join('\n'), ...textSize(lines, CHARACTER) };
  return { id, sources: [source], targets: [target], labels: [label] };
}

function startOf(node: ChartNode): ElkExtendedEdge {
  return { id: `start of ${node.id}`, sources: [dotIn(node.parent)], targets: [node.id] };
}

function dotIn(parent: string | null): string {
  return `${parent ?? ROOT}•`;
}

function textSize(lines: readonly string[], character: number) {
  return { width: Math.max(...lines.map(({ length }) => length)) * character, height: lines.length * LINE };
}

function flatten(node: ElkNode): ElkNode[] {
  return [node, ...(node.children ?? []).flatMap(flatten)];
}

function boxOf(shape: { x?: number; y?: number; width?: number; height?: number } | undefined): Box {
  return { x: shape?.x ?? 0, y: shape?.y ?? 0, ...sizeOf(shape) };
}

function sizeOf(shape: { width?: number; height?: number } | undefined) {
  return { width: shape?.width ?? 0, height: shape?.height ?? 0 };
}

function pointsOf(edge: ElkExtendedEdge | undefined): Point[] {
  return (edge?.sections ?? []).flatMap(({ startPoint, bendPoints = [], endPoint }): ElkPoint[] => [
    startPoint,
    ...bendPoints,
    endPoint,
  ]);
}
