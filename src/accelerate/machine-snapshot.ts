import { keysOf, type ContextKeys } from './context-assigner.js';
import type { AnyActorScope, AnyMachineSnapshot, AnyStateMachine, AnyStateNode } from 'xstate';

/** A snapshot with its active states, which XState holds for private, parents before their children. */
export type InternalSnapshot = AnyMachineSnapshot & { readonly _nodes: readonly AnyStateNode[] };

/** What XState derives from the active states of a snapshot. */
export type Derived = Pick<
  AnyMachineSnapshot,
  'value' | 'tags' | 'matches' | 'hasTag' | 'can' | 'getMeta' | 'toJSON'
> & {
  /** The keys of the context, once they were looked at. */
  keys: ContextKeys | null;
};

/** What XState makes a snapshot of, in its order. */
const KEYS =
  'status,output,error,machine,context,_nodes,value,tags,children,historyValue,matches,hasTag,can,getMeta,toJSON';

/** Whether a snapshot is made as `withContext` makes one: another version of XState might add to it. */
export function isKnownSnapshot(snapshot: AnyMachineSnapshot): snapshot is InternalSnapshot {
  return Object.keys(snapshot).join() === KEYS;
}

/**
 * Remembers that XState made the snapshot for this machine: a snapshot that somebody else put together may contradict
 * itself, and only XState knows what follows. One whose context has symbols is forgotten, since compiled code does not
 * copy them.
 */
export function markOrigin<Snapshot extends AnyMachineSnapshot>(
  machine: AnyStateMachine,
  snapshot: Snapshot,
): Snapshot {
  const nodes = (snapshot as Partial<InternalSnapshot>)._nodes;
  if (nodes !== undefined && snapshot.machine === machine) {
    Origin.mark(nodes, hasNoSymbols(snapshot.context) ? snapshot : null);
  }
  return snapshot;
}

/**
 * What XState derived from these active states. Undefined where the snapshot was not made by XState, or where its
 * context has symbols. The context of an actor was looked at when XState made it, and compiled code keeps its keys:
 * looking again takes as long as all else that an event does.
 */
export function derivedOf(snapshot: InternalSnapshot, scope: AnyActorScope): Derived | undefined {
  const derived = Origin.of(snapshot._nodes);
  if (derived === undefined || derived.value !== snapshot.value) return undefined;
  const { _snapshot: current } = scope.self as unknown as { readonly _snapshot?: unknown };
  if (current === snapshot) {
    derived.keys ??= keysOf(snapshot.context);
    return derived;
  }
  return hasNoSymbols(snapshot.context) ? { ...derived, keys: keysOf(snapshot.context) } : undefined;
}

/** The snapshot after an `assign`, as XState makes it: it derives again what depends on the active states. */
export function withContext(
  snapshot: InternalSnapshot,
  derived: Derived,
  context: object,
  children: object,
): InternalSnapshot {
  const next: { [Key in keyof InternalSnapshot]: unknown } = {
    status: snapshot.status,
    output: snapshot.output as unknown,
    error: snapshot.error,
    machine: snapshot.machine,
    context,
    _nodes: snapshot._nodes,
    value: derived.value,
    tags: derived.tags,
    children,
    historyValue: (snapshot.historyValue as object | undefined) ?? {},
    // These are functions of `this`, which each snapshot bears.
    matches: derived.matches as unknown,
    hasTag: derived.hasTag as unknown,
    can: derived.can as unknown,
    getMeta: derived.getMeta as unknown,
    toJSON: derived.toJSON,
  };
  return next as unknown as InternalSnapshot;
}

/** A class that makes what it is called with an instance, so that a subclass can add private fields to it. */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- it is there for its subclass
class Itself {
  constructor(itself: object) {
    return itself;
  }
}

/**
 * The list of active states bears what was derived from it in a private field: all snapshots that differ in their
 * context share the list, nobody sees the field, and reading it takes a nanosecond where a WeakMap takes thirty.
 */
class Origin extends Itself {
  #derived: Derived | undefined;

  static mark(nodes: object, snapshot: AnyMachineSnapshot | null): void {
    const derived = snapshot === null ? undefined : derivedIn(snapshot);
    if (#derived in nodes) nodes.#derived = derived;
    else if (Object.isExtensible(nodes)) new Origin(nodes).#derived = derived;
  }

  static of(nodes: object): Derived | undefined {
    return #derived in nodes ? nodes.#derived : undefined;
  }
}

function derivedIn(snapshot: AnyMachineSnapshot): Derived {
  const { tags, matches, hasTag, can, getMeta, toJSON } = snapshot;
  const value = snapshot.value as unknown;
  return { value, tags, matches, hasTag, can, getMeta, toJSON, keys: null } as Derived;
}

function hasNoSymbols(context: unknown): boolean {
  return (
    typeof context !== 'object' || context === null || Object.getOwnPropertySymbols(context).length === 0
  );
}
