import type { AnyStateMachine, AnyStateNode } from 'xstate';
import type { AgentLifecycleState, AgentOperation } from '../src/values/lifecycle-states.js';
import type { AgentLifecycleEventType } from './agent-lifecycle.types.js';

/** The statechart as data. Everything here is read off its state nodes; nothing is declared a second time. */
export interface LifecycleChart {
  readonly states: readonly AgentLifecycleState[];
  /** The events that a host sends, in the order in which the chart first names them. */
  readonly events: readonly AgentLifecycleEventType[];
  /** The operations that a host carries out. */
  readonly operations: readonly AgentOperation[];
  /** The states with their children, `running.stopping`, and the operation that is in flight in each. */
  readonly leaves: ReadonlyMap<string, AgentOperation | null>;
  /** The top states that are one step of the lifecycle away. */
  validTransitions(state: AgentLifecycleState): readonly AgentLifecycleState[];
  /** Whether a state has a tag. */
  hasTag(state: AgentLifecycleState, tag: string): boolean;
  /** Whether an agent has ended in a state. */
  isFinal(state: AgentLifecycleState): boolean;
  /** The top state that a command leads to; null for an event that is no command. */
  targetOf(event: string): AgentLifecycleState | null;
  /** Whether an operation, or none, can be in flight in a top state. */
  hasOperation(state: AgentLifecycleState, operation: AgentOperation | null): boolean;
  /** The operation that an event begins in a child of a top state; null for one that begins none. */
  operationBegunBy(
    event: string,
    state: AgentLifecycleState,
    operation: AgentOperation | null,
  ): AgentOperation | null;
  /** The events that are taken by name in a child of a top state, where the guards hold. */
  accepts(
    state: AgentLifecycleState,
    operation: AgentOperation | null,
    isHeld: (guard: string) => boolean,
  ): readonly AgentLifecycleEventType[];
  /** The delay that runs in a state with its child, `running.stopping`; null where none does. */
  delayIn(leaf: string): LifecycleDelay | null;
  /** The top state that an operation ends in when it is done. */
  targetOfOperation(state: AgentLifecycleState, operation: AgentOperation): AgentLifecycleState;
}

/** The names of the delays of the chart. */
export type LifecycleDelay = 'transitionTimeout' | 'drainTimeout';

export function readChart(machine: AnyStateMachine): LifecycleChart {
  const topNodes = machine.root.states as Record<AgentLifecycleState, AnyStateNode>;
  const states = Object.freeze(Object.keys(topNodes) as AgentLifecycleState[]);
  const allNodes = Object.values<AnyStateNode>(topNodes).flatMap(withDescendants);
  const events = listOnce(allNodes.flatMap((node) => [...node.transitions.keys()])).filter(isHostEvent);
  const targets = new Map<string, AgentLifecycleState | null>(
    events.map((event) => [event, targetOfEvent(allNodes, event)]),
  );
  const next = new Map(states.map((state) => [state, Object.freeze(topStatesAfter(topNodes[state]))]));

  const delays = new Map(
    allNodes.flatMap((node) => node.after.map(({ delay }) => [node.path.join('.'), delay as LifecycleDelay])),
  );
  const childOf = (state: AgentLifecycleState, operation: AgentOperation | null) =>
    Object.values<AnyStateNode>(topNodes[state].states).find((node) => operationOf(node) === operation);
  /** What may take an event, innermost state first. */
  const candidates = (event: string, state: AgentLifecycleState, operation: AgentOperation | null) =>
    [childOf(state, operation), topNodes[state]].flatMap((node) => node?.transitions.get(event) ?? []);

  return {
    states,
    events: Object.freeze(events),
    operations: Object.freeze(listOnce(allNodes.flatMap((node) => operationOf(node) ?? []))),
    leaves: new Map(
      allNodes
        .filter(({ type }) => type !== 'compound')
        .map((node) => [node.path.join('.'), operationOf(node)]),
    ),
    validTransitions: (state) => next.get(state) ?? [],
    hasTag: (state, tag) => topNodes[state].tags.includes(tag),
    isFinal: (state) => topNodes[state].type === 'final',
    targetOf: (event) => targets.get(event) ?? null,
    hasOperation: (state, operation) =>
      childOf(state, operation) !== undefined || (operation === null && topNodes[state].type === 'final'),
    operationBegunBy: (event, state, operation) => {
      const target = candidates(event, state, operation)[0]?.target?.[0];
      return target === undefined ? null : operationOf(target);
    },
    accepts: (state, operation, isHeld) =>
      events.filter((event) =>
        candidates(event, state, operation).some(({ guard }) => guard === undefined || isHeld(nameOf(guard))),
      ),
    delayIn: (leaf) => delays.get(leaf) ?? null,
    targetOfOperation: (state, operation) => topStateOfArrival(childOf(state, operation) ?? topNodes[state]),
  };
}

function operationOf(node: AnyStateNode): AgentOperation | null {
  return (node.invoke[0]?.src ?? null) as AgentOperation | null;
}

/** Guards are named sources: a string, or an object with params. */
function nameOf(guard: unknown): string {
  return typeof guard === 'string' ? guard : (guard as { readonly type: string }).type;
}

function listOnce<Item>(items: readonly Item[]): Item[] {
  return [...new Set(items)];
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
  return listOnce(targets).filter((state) => state !== top.key);
}

function topStateOf(node: AnyStateNode): AgentLifecycleState {
  return node.path[0] as AgentLifecycleState;
}
