import type {
  AnyActorScope,
  AnyEventObject,
  AnyMachineSnapshot,
  AnyStateMachine,
  AnyStateNode,
} from 'xstate';
import { ContextAssigner } from './context-assigner.js';
import {
  assignmentOf,
  findAction,
  findPlainGuard,
  paramsFor,
  type GuardArgs,
  type PlainGuard,
} from './implementations.js';
import { isKnownSnapshot, withContext, type InternalSnapshot } from './machine-snapshot.js';
import { withAncestors } from './with-ancestors.js';

/** A transition that stays where it is and does nothing but assign. */
interface LocalTransition {
  readonly type: string;
  readonly guard: PlainGuard | null;
  readonly assigners: readonly ContextAssigner[];
  /** Of the eventless transitions that XState would try next: none of them may hold. */
  readonly always: readonly PlainGuard[];
  /** What an inspector is told was taken. */
  readonly taken: object;
}

/** What is known of one leaf of a chart. */
interface Leaf {
  readonly node: AnyStateNode;
  readonly depth: number;
  /** Those of an event in the order in which they are tried. They are few: walking them is faster than a table. */
  readonly transitions: readonly LocalTransition[];
}

const NOTHING_LOCAL: readonly LocalTransition[] = [];

/** The transitions of a machine that are provably local, compiled when a snapshot first needs them. */
export class LocalTransitions {
  readonly #machine: AnyStateMachine;
  readonly #leaves: Leaf[] = [];

  constructor(machine: AnyStateMachine) {
    this.#machine = machine;
  }

  /** The snapshot after an event; null for what is left to XState, to which nothing has happened yet. */
  take(snapshot: AnyMachineSnapshot, event: AnyEventObject, scope: AnyActorScope): AnyMachineSnapshot | null {
    const nodes = (snapshot as InternalSnapshot)._nodes as InternalSnapshot['_nodes'] | undefined;
    const node = nodes?.[nodes.length - 1];
    if (node === undefined || snapshot.machine !== this.#machine || snapshot.status !== 'active') return null;
    const leaf = this.#leaves[node.order] ?? this.#compile(node, snapshot, scope);
    // As many as there are between the root and the leaf: the active states are these and no others.
    if (leaf.node !== node || leaf.depth !== nodes?.length) return null;
    const { type } = event;
    for (const transition of leaf.transitions) {
      if (transition.type !== type) continue;
      const context = contextAfter(transition, snapshot, event, scope);
      if (context === GUARD_FAILED) continue;
      if (context === NOT_LOCAL) return null;
      const next =
        context === snapshot.context ? snapshot : withContext(snapshot as InternalSnapshot, context);
      inspectionOf(scope)?.({
        type: '@xstate.microstep',
        actorRef: scope.self,
        event,
        snapshot: next,
        _transitions: [transition.taken],
      });
      return next;
    }
    return null;
  }

  #compile(node: AnyStateNode, snapshot: AnyMachineSnapshot, scope: AnyActorScope): Leaf {
    const isKnown = isKnownSnapshot(snapshot) && inspectionOf(scope) !== undefined;
    const chain = withAncestors(node);
    const transitions = isKnown ? transitionsIn(this.#machine, chain) : NOTHING_LOCAL;
    const leaf = { node, depth: chain.length, transitions };
    this.#leaves[node.order] = leaf;
    return leaf;
  }
}

const GUARD_FAILED = Symbol('guard failed');
const NOT_LOCAL = Symbol('not local');

function contextAfter(
  { guard, assigners, always }: LocalTransition,
  snapshot: AnyMachineSnapshot,
  event: AnyEventObject,
  scope: AnyActorScope,
): object | typeof GUARD_FAILED | typeof NOT_LOCAL {
  let context = snapshot.context as object;
  try {
    if (guard !== null && !holds(guard, { context, event })) return GUARD_FAILED;
    for (const assigner of assigners) context = assigner.apply(context, event, scope);
    for (const each of always) {
      if (holds(each, { context, event })) return NOT_LOCAL;
    }
    return context;
  } catch {
    // XState meets the same error, and says what it says of it.
    return NOT_LOCAL;
  }
}

function holds(guard: PlainGuard, args: GuardArgs): boolean {
  return guard.test(args, paramsFor(guard.params, args));
}

type Inspect = (event: object) => void;

function inspectionOf(scope: AnyActorScope): Inspect | undefined {
  return (scope.system as { _sendInspectionEvent?: Inspect })._sendInspectionEvent;
}

function transitionsIn(machine: AnyStateMachine, chain: readonly AnyStateNode[]): readonly LocalTransition[] {
  const always = chain.flatMap((node) => node.always ?? []).map(({ guard }) => guardOf(machine, guard));
  if (chain.some(({ type }) => type === 'parallel')) return NOTHING_LOCAL;
  if (!always.every((guard): guard is PlainGuard => guard !== null && guard !== undefined))
    return NOTHING_LOCAL;
  const types = new Set(chain.flatMap((node) => [...node.transitions.keys()]).filter(isOwnEvent));
  return [...types].flatMap((type) => localTransitions(machine, chain, type, always));
}

function isOwnEvent(descriptor: string): boolean {
  return !descriptor.startsWith('xstate.') && !descriptor.endsWith('*');
}

/** The transitions that XState tries first for an event, as far as they are local. */
function localTransitions(
  machine: AnyStateMachine,
  chain: readonly AnyStateNode[],
  type: string,
  always: readonly PlainGuard[],
): LocalTransition[] {
  const local: LocalTransition[] = [];
  for (const node of chain) {
    // XState tries `a.*` and `*` after the exact ones: what comes after them is left to it.
    const hasWildcard = [...node.transitions.keys()].some((descriptor) => descriptor.endsWith('*'));
    for (const transition of node.transitions.get(type) ?? []) {
      const guard = guardOf(machine, transition.guard);
      const assigners = transition.actions.map((action) => assignerOf(machine, action));
      const isLocal = transition.target === undefined && !transition.reenter;
      if (!isLocal || guard === null || !assigners.every((assigner) => assigner !== null)) return local;
      local.push({ type, guard: guard ?? null, assigners, always, taken: transition });
      if (guard === undefined) return local;
    }
    if (hasWildcard) return local;
  }
  return local;
}

/** Undefined where there is none, null where it is not known what it looks at. */
function guardOf(machine: AnyStateMachine, guard: unknown): PlainGuard | null | undefined {
  return guard === undefined ? undefined : findPlainGuard(machine, guard);
}

function assignerOf(machine: AnyStateMachine, reference: unknown): ContextAssigner | null {
  const { action, params } = findAction(machine, reference);
  const assignment = assignmentOf(action);
  return assignment === null ? null : new ContextAssigner(assignment, params);
}
