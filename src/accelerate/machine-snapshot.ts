import type { AnyMachineSnapshot, AnyStateNode } from 'xstate';

/** A snapshot with its active states, which XState holds for private, parents before their children. */
export type InternalSnapshot = AnyMachineSnapshot & { readonly _nodes: readonly AnyStateNode[] };

/** What XState makes a snapshot of, in its order. */
const KEYS =
  'status,output,error,machine,context,_nodes,value,tags,children,historyValue,matches,hasTag,can,getMeta,toJSON';

/** Whether a snapshot is made as `withContext` makes one: another version of XState might add to it. */
export function isKnownSnapshot(snapshot: AnyMachineSnapshot): snapshot is InternalSnapshot {
  return Object.keys(snapshot).join() === KEYS;
}

/** The snapshot after an `assign`, which is a copy of the one before but for its context. */
export function withContext(snapshot: InternalSnapshot, context: object): AnyMachineSnapshot {
  const next: { [Key in keyof InternalSnapshot]: unknown } = {
    status: snapshot.status,
    output: snapshot.output as unknown,
    error: snapshot.error,
    machine: snapshot.machine,
    context,
    _nodes: snapshot._nodes,
    value: snapshot.value,
    tags: snapshot.tags,
    children: snapshot.children,
    historyValue: snapshot.historyValue,
    // These are functions of `this`, which each snapshot bears.
    matches: snapshot.matches as unknown,
    hasTag: snapshot.hasTag as unknown,
    can: snapshot.can as unknown,
    getMeta: snapshot.getMeta as unknown,
    toJSON: snapshot.toJSON,
  };
  return next as unknown as AnyMachineSnapshot;
}
