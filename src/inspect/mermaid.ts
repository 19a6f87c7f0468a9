import type { AnyStateMachine, AnyStateNode } from 'xstate';

/**
 * A statechart as a Mermaid flowchart: states within states; events, guards and delays on the arrows. What a state
 * takes without leaving it stands in its box.
 */
export function toMermaid(machine: AnyStateMachine): string {
  const { root } = machine;
  return [
    'flowchart TB',
    ...initialArrow(root, '  '),
    ...childrenOf(root).flatMap((node) => box(node, '  ')),
    ...descendantsOf(root).flatMap(arrowsFrom),
  ].join('\n');
}

function box(node: AnyStateNode, indent: string): string[] {
  const label = `"${[node.key, ...internalLabels(node)].join('<br>')}"`;
  const children = childrenOf(node);
  if (children.length > 0) {
    return [
      `${indent}subgraph ${idOf(node)}[${label}]`,
      ...initialArrow(node, `${indent}  `),
      ...children.flatMap((child) => box(child, `${indent}  `)),
      `${indent}end`,
    ];
  }
  return [`${indent}${idOf(node)}${node.type === 'final' ? `[[${label}]]` : `(${label})`}`];
}

function initialArrow(node: AnyStateNode, indent: string): string[] {
  return node.initial.target.map((target) => `${indent}${idOf(node)}_initial(( )) --> ${idOf(target)}`);
}

/** One arrow for each pair of states, whatever the number of transitions between them. */
function arrowsFrom(node: AnyStateNode): string[] {
  const labels = new Map<AnyStateNode, string[]>();
  for (const transition of transitionsOf(node)) {
    for (const target of transition.target ?? []) {
      labels.set(target, [...(labels.get(target) ?? []), labelOf(transition)]);
    }
  }
  return [...labels].map(([target, texts]) => `  ${idOf(node)} -->|"${texts.join('<br>')}"| ${idOf(target)}`);
}

function internalLabels(node: AnyStateNode): string[] {
  return transitionsOf(node)
    .filter(({ target, eventType }) => target === undefined && eventType !== '*')
    .map(labelOf);
}

function transitionsOf(node: AnyStateNode) {
  return [...node.transitions.values()].flat().concat(node.always ?? []);
}

function labelOf({ eventType, guard }: { eventType: string; guard?: unknown }): string {
  return guard === undefined ? eventLabel(eventType) : `${eventLabel(eventType)} [${nameOf(guard)}]`;
}

/** An event as a reader knows it: XState's own by what they tell of. */
function eventLabel(type: string): string {
  if (type === '') return 'always';
  if (!type.startsWith('xstate.')) return type;
  const [, kind, delay] = type.split('.');
  return kind === 'after' ? `after ${String(delay)}` : String(kind);
}

function nameOf(guard: unknown): string {
  return typeof guard === 'object' && guard !== null && 'type' in guard ? String(guard.type) : String(guard);
}

function idOf(node: AnyStateNode): string {
  return ['chart', ...node.path].join('_');
}

function childrenOf(node: AnyStateNode): AnyStateNode[] {
  return Object.values<AnyStateNode>(node.states);
}

function descendantsOf(node: AnyStateNode): AnyStateNode[] {
  return childrenOf(node).flatMap((child) => [child, ...descendantsOf(child)]);
}
