import { assign, type AnyStateMachine } from 'xstate';
import { once } from '../util/once.js';

/** A guard as the chart has it, found among the implementations of its machine. */
export interface PlainGuard {
  readonly test: (args: GuardArgs, params: unknown) => boolean;
  readonly params: unknown;
}

export interface GuardArgs {
  readonly context: object;
  readonly event: { readonly type: string };
}

/** An action as the chart has it. What it does is XState's own affair, but for what its `type` tells. */
export interface FoundAction {
  readonly action: unknown;
  readonly params: unknown;
}

/** An `assign` that says which keys it changes. */
export type Assignment = Readonly<Record<string, unknown>>;

type Reference =
  string | { readonly type: string; readonly params?: unknown } | ((...args: never) => unknown);

/**
 * A guard that is a function of context and event. Null for one that is not found, is made of others, or looks at
 * more of the snapshot.
 */
export function findPlainGuard(machine: AnyStateMachine, guard: unknown): PlainGuard | null {
  const found = find(machine.implementations.guards, guard as Reference);
  if (typeof found.action !== 'function' || 'check' in found.action) return null;
  return { test: found.action as PlainGuard['test'], params: found.params };
}

export function findAction(machine: AnyStateMachine, action: unknown): FoundAction {
  return find(machine.implementations.actions, action as Reference);
}

/** What an action assigns, key by key. Null for one that is no `assign`, or one that is a function of its own. */
export function assignmentOf(action: unknown): Assignment | null {
  if (typeof action !== 'function' || !('resolve' in action) || action.resolve !== assignResolve())
    return null;
  const { assignment } = action as unknown as { readonly assignment: unknown };
  return typeof assignment === 'object' && assignment !== null ? (assignment as Assignment) : null;
}

/** Params are a value, or a function of context and event. */
export function paramsFor(params: unknown, args: GuardArgs): unknown {
  return typeof params === 'function' ? (params as (args: GuardArgs) => unknown)(args) : params;
}

/** By it, and not by its name, an `assign` is known as XState's. */
const assignResolve = once(() => (assign({}) as unknown as { readonly resolve: unknown }).resolve);

const NOT_FOUND: FoundAction = { action: undefined, params: undefined };

function find(implementations: object, reference: Reference): FoundAction {
  if (typeof reference === 'function') return { action: reference, params: undefined };
  // XState refuses it when it is looked up.
  if ((reference as Reference | null | undefined) == null) return NOT_FOUND;
  const named = implementations as Readonly<Record<string, unknown>>;
  if (typeof reference === 'string') return { action: named[reference], params: undefined };
  return { action: named[reference.type], params: reference.params };
}

type Implementations = AnyStateMachine['implementations'];

/** A copy in which nobody can replace one: those of a machine can be replaced all at once. */
export function settled({ actions, actors, delays, guards }: Implementations): Implementations {
  return Object.freeze({
    actors: Object.freeze({ ...actors }),
    actions: Object.freeze({ ...actions }),
    delays: Object.freeze({ ...delays }),
    guards: Object.freeze({ ...guards }),
  });
}

/** Whether what was found among them is found there again. */
export function isSettled(implementations: Implementations): boolean {
  const { actions, guards } = implementations;
  return [implementations, actions, guards].every(Object.isFrozen);
}
