import type { AnyStateMachine, AnyStateNode } from 'xstate';

/** A machine as a drawing needs it: states within states, and what leads from one to another. JSON only. */
export interface ChartGraph {
  readonly id: string;
  readonly nodes: readonly ChartNode[];
  readonly edges: readonly ChartEdge[];
}

export interface ChartNode {
  /** Its path: `running.serving`. */
  readonly id: string;
  readonly key: string;
  /** Null for a top state. */
  readonly parent: string | null;
  readonly kind: 'atomic' | 'compound' | 'final';
  /** Where it begins: the child that it is entered by, and where the machine begins, for a top state. */
  readonly initial: boolean;
  readonly description: string | null;
  readonly tags: readonly string[];
  /** The actors that it invokes. */
  readonly invokes: readonly string[];
  /** What it takes without leaving it. */
  readonly reactions: readonly ChartReaction[];
}

/** All that leads from one state to another. */
export interface ChartEdge {
  readonly id: string;
  readonly source: string;
  readonly target: string;
  readonly reactions: readonly ChartReaction[];
}

export interface ChartReaction {
  /** As XState has it: `agent.load`, `xstate.done.actor.loading`; empty for one that needs no event. */
  readonly event: string;
  /** As a reader knows it: `agent.load`, `done`, `after drainTimeout`, `always`. */
  readonly label: string;
  readonly guard: string | null;
  readonly actions: readonly string[];
  readonly description: string | null;
}

/** Reads a machine's states and transitions off it. What every state takes, the wildcard, is left out. */
export function chartGraph(machine: AnyStateMachine): ChartGraph {
  const { root } = machine;
  // What the whole machine takes, each of its top states takes.
  const nodes = descendantsOf(root);
  return {
    id: machine.id,
    nodes: nodes.map(toNode),
    edges: nodes.flatMap(edgesFrom),
  };
}

/** `agent.stop [hasPendingRequests]`. */
export function reactionText({ label, guard }: ChartReaction): string {
  return guard === null ? label : `${label} [${guard}]`;
}

function toNode(node: AnyStateNode): ChartNode {
  const children = childrenOf(node);
  return {
    id: idOf(node),
    key: node.key,
    parent: node.parent?.parent === undefined ? null : idOf(node.parent),
    kind: node.type === 'final' ? 'final' : children.length > 0 ? 'compound' : 'atomic',
    initial: node.parent?.initial.target.includes(node) === true,
    description: node.description ?? null,
    tags: [...node.tags],
    invokes: node.invoke.map(({ src }) => (typeof src === 'string' ? src : 'anonymous')),
    reactions: transitionsOf(node)
      .filter(({ target }) => target === undefined)
      .map(toReaction),
  };
}

/** One edge for each pair of states, whatever the number of transitions between them. */
function edgesFrom(node: AnyStateNode): ChartEdge[] {
  const edges = new Map<AnyStateNode, ChartReaction[]>();
  for (const transition of transitionsOf(node)) {
    for (const target of transition.target ?? []) {
      edges.set(target, [...(edges.get(target) ?? []), toReaction(transition)]);
    }
  }
  const source = idOf(node);
  return [...edges].map(([to, reactions]) => {
    const target = idOf(to);
    return { id: `${source} → ${target}`, source, target, reactions };
  });
}

/** What is read of a transition. */
interface Transition {
  readonly eventType: string;
  readonly target?: readonly AnyStateNode[] | undefined;
  readonly guard?: unknown;
  readonly actions: readonly unknown[];
  readonly description?: string | undefined;
}

/** A top state takes what the machine takes as a whole, unless it has its own say. */
function transitionsOf(node: AnyStateNode): Transition[] {
  const own = [...node.transitions.entries()];
  const ofMachine =
    node.parent !== undefined && node.parent.parent === undefined && node.type !== 'final'
      ? [...node.parent.transitions.entries()].filter(([event]) => !node.transitions.has(event))
      : [];
  return [...own, ...ofMachine]
    .filter(([event]) => event !== '*')
    .flatMap(([, transitions]) => transitions)
    .concat(node.always ?? []);
}

function toReaction(transition: Transition): ChartReaction {
  const { eventType, guard, actions, description } = transition;
  return {
    event: eventType,
    label: eventLabel(eventType),
    guard: guard === undefined ? null : nameOf(guard),
    actions: actions.map(nameOf),
    description: description ?? null,
  };
}

/** An event as a reader knows it: XState's own by what they tell of. */
function eventLabel(type: string): string {
  if (type === '') return 'always';
  if (!type.startsWith('xstate.')) return type;
  const [, kind, delay] = type.split('.');
  return kind === 'after' ? `after ${String(delay)}` : String(kind);
}

/** Of a guard or an action: a named source, alone or with params. */
function nameOf(source: unknown): string {
  if (typeof source === 'string') return source;
  return typeof source === 'object' && source !== null && 'type' in source
    ? String(source.type)
    : 'anonymous';
}

function idOf(node: AnyStateNode): string {
  return node.path.join('.');
}

function childrenOf(node: AnyStateNode): AnyStateNode[] {
  return Object.values<AnyStateNode>(node.states);
}

function descendantsOf(node: AnyStateNode): AnyStateNode[] {
  return childrenOf(node).flatMap((child) => [child, ...descendantsOf(child)]);
}
