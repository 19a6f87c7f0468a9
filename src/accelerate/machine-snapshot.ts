import type { AnyMachineSnapshot, AnyStateMachine, AnyStateNode } from 'xstate';

/** A snapshot with its active states, which XState holds for private, parents before their children. */
export type InternalSnapshot = AnyMachineSnapshot & { readonly _nodes: readonly AnyStateNode[] };

/** What XState derives from the active states of a snapshot. */
export type Derived = Pick<
  AnyMachineSnapshot,
  'value' | 'tags' | 'matches' | 'hasTag' | 'can' | 'getMeta' | 'toJSON'
>;

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
    Origin.mark(nodes, hasNoSymbols(snapshot.context) ? snapshot : undefined);
  }
  return snapshot;
}

/** What XState derived from these active states; undefined where the snapshot was not made by XState. */
export function derivedOf(snapshot: InternalSnapshot): Derived | undefined {
  const derived = Origin.of(snapshot._nodes);
  return derived?.value === snapshot.value ? derived : undefined;
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
class Itself {
  constructor(itself: object) {
    // eslint-disable-next-line no-constructor-return
    return itself;
  }
}

/**
 * The list of active states bears what was derived from it in a private field: all snapshots that differ in their
 * context share the list, nobody sees the field, and reading it takes a nanosecond where a WeakMap takes thirty.
 */
class Origin extends Itself {
  #derived: Derived | undefined;

  static mark(nodes: object, snapshot: Derived | undefined): void {
    const { value, tags, matches, hasTag, can, getMeta, toJSON } = snapshot ?? {};
    const derived = snapshot && ({ value, tags, matches, hasTag, can, getMeta, toJSON } as Derived);
    if (#derived in nodes) nodes.#derived = derived;
    else if (Object.isExtensible(nodes)) (new Origin(nodes) as Origin).#derived = derived;
  }

  static of(nodes: object): Derived | undefined {
    return #derived in nodes ? nodes.#derived : undefined;
  }
}

/** Looking for symbols takes longer than all else that an event does; XState's own transitions alone can add any. */
function hasNoSymbols(context: unknown): boolean {
  return (
    typeof context !== 'object' || context === null || Object.getOwnPropertySymbols(context).length === 0
  );
}
