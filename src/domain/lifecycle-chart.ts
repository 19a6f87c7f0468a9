import type { AnyStateMachine, AnyStateNode } from 'xstate';
import type { AgentLifecycleState, AgentOperation } from '../../machines/agent-lifecycle.states.js';
import type { AgentLifecycleEventType } from '../../machines/agent-lifecycle.types.js';

/** What the statechart says of itself. Everything here is read off its state nodes, nothing is declared. */
export interface LifecycleChart {
  readonly states: readonly AgentLifecycleState[];
  /** The events that a host sends, in the order in which the chart first names them. */
  readonly events: readonly AgentLifecycleEventType[];
  /** The top states that are one step of the lifecycle away. */
  validTransitions(state: AgentLifecycleState): readonly AgentLifecycleState[];
  hasTag(state: AgentLifecycleState, tag: string): boolean;
  isFinal(state: AgentLifecycleState): boolean;
  /** The top state that an event is sent to reach; null for one that is no command. */
  targetOf(event: string): AgentLifecycleState | null;
  /** The child of a top state in which an operation, or none, is in flight. */
  child(state: AgentLifecycleState, operation: AgentOperation | null): string;
  /** The top state that an operation ends in when it is done. */
  targetOfOperation(state: AgentLifecycleState, operation: AgentOperation): AgentLifecycleState;
}

export function readChart(machine: AnyStateMachine): LifecycleChart {
  const topNodes = machine.root.states as Record<AgentLifecycleState, AnyStateNode>;
  const states = Object.keys(topNodes) as AgentLifecycleState[];
  const allNodes = Object.values<AnyStateNode>(topNodes).flatMap(withDescendants);
  const events = [...new Set(allNodes.flatMap((node) => [...node.transitions.keys()]))].filter(isHostEvent);
  const targets = new Map(events.map((event) => [event, targetOfEvent(allNodes, event)]));
  const next = new Map(states.map((state) => [state, topStatesAfter(topNodes[state])]));

  const childOf = (state: AgentLifecycleState, operation: AgentOperation | null): AnyStateNode => {
    const found = Object.values<AnyStateNode>(topNodes[state].states).find(
      (node) => (node.invoke[0]?.src ?? null) === operation,
    );
    if (found === undefined) throw new Error(`No child of ${state} has operation ${String(operation)}`);
    return found;
  };

  return {
    states,
    events,
    validTransitions: (state) => next.get(state) ?? [],
    hasTag: (state, tag) => topNodes[state].tags.includes(tag),
    isFinal: (state) => topNodes[state].type === 'final',
    targetOf: (event) => targets.get(event as AgentLifecycleEventType) ?? null,
    child: (state, operation) => childOf(state, operation).key,
    targetOfOperation: (state, operation) => topStateOfArrival(childOf(state, operation)),
  };
}

function withDescendants(node: AnyStateNode): AnyStateNode[] {
  return [...Object.values<AnyStateNode>(node.states).flatMap(withDescendants), node];
}

function isHostEvent(descriptor: string): descriptor is AgentLifecycleEventType {
  return descriptor !== '*' && !descriptor.startsWith('xstate.');
}

function targetOfEvent(nodes: AnyStateNode[], event: string): AgentLifecycleState | null {
  const target = nodes.flatMap((node) => node.transitions.get(event) ?? []).find((t) => t.target)
    ?.target?.[0];
  return target === undefined ? null : topStateOfArrival(target);
}

/** Where a target leads in the end: through its operation, when it has one. */
function topStateOfArrival(node: AnyStateNode): AgentLifecycleState {
  const done = node.invoke[0] && node.transitions.get(`xstate.done.actor.${node.invoke[0].id}`);
  return topStateOf(done?.[0]?.target?.[0] ?? node);
}

function topStatesAfter(top: AnyStateNode): AgentLifecycleState[] {
  const targets = withDescendants(top)
    .flatMap((node) => [...node.transitions.values()].flat().concat(node.always ?? []))
    .flatMap((transition) => transition.target ?? [])
    .map(topStateOf);
  return [...new Set(targets)].filter((state) => state !== top.key);
}

function topStateOf(node: AnyStateNode): AgentLifecycleState {
  return node.path[0] as AgentLifecycleState;
}
