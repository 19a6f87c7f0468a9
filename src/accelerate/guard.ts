import { and, type AnyEventObject, type AnyMachineSnapshot, type AnyTransitionDefinition } from 'xstate';
import { paramsFor, type PlainGuard } from './implementations.js';

/** A guard by its name, with params, or as a function. */
type Reference = string | { readonly type: string; readonly params?: unknown } | PlainGuard['test'];

/** What XState keeps for private: the transition of one state. */
interface InternalStateNode {
  next(snapshot: object, event: AnyEventObject): unknown;
}

/** Evaluates a guard as XState does: looks it up, and calls it once. @throws whatever it throws, and when there is none */
export function evaluateGuard(
  reference: Reference,
  snapshot: AnyMachineSnapshot,
  event: AnyEventObject,
): unknown {
  const context = snapshot.context as object;
  let test: unknown = reference;
  let params: unknown;
  if (typeof reference !== 'function') {
    const isNamed = typeof reference === 'string';
    const guards = snapshot.machine.implementations.guards as Readonly<Record<string, unknown>>;
    test = guards[isNamed ? reference : reference.type];
    params = isNamed ? undefined : reference.params;
  }
  if (typeof test !== 'function' || 'check' in test) return evaluatedByXState(reference, snapshot, event);
  const args = { context, event };
  return (test as PlainGuard['test'])(args, paramsFor(params, { context, event }));
}

/** Evaluates the guard of an event's transition. @throws what XState throws in its place */
export function evaluateGuardOf(
  transition: AnyTransitionDefinition,
  snapshot: AnyMachineSnapshot,
  event: AnyEventObject,
): unknown {
  const guard = transition.guard as Reference | null | undefined;
  try {
    return !guard || evaluateGuard(guard, snapshot, event);
  } catch (error) {
    throw errorOfXState(transition, snapshot, event, error);
  }
}

/** A guard that is made of others, looks at more of the snapshot, or is not there. */
function evaluatedByXState(reference: Reference, snapshot: AnyMachineSnapshot, event: AnyEventObject): unknown {
  const one = and([]) as unknown as { check(snapshot: unknown, args: object, guard: object): boolean };
  return one.check(snapshot, { context: snapshot.context as unknown, event }, { guards: [reference] });
}

/** What XState makes of an error of a guard: it is told by a guard that throws the same, in the place of the one that did. */
function errorOfXState(
  transition: AnyTransitionDefinition,
  snapshot: AnyMachineSnapshot,
  event: AnyEventObject,
  error: unknown,
): unknown {
  const guard = transition.guard as Exclude<Reference, object> | { readonly type: string };
  const fail = () => {
    throw error;
  };
  const name = typeof guard === 'string' ? guard : (guard as { readonly type?: string }).type;
  const standIn = typeof guard === 'function' ? fail : typeof guard === 'string' ? guard : { type: name };
  const { source } = transition;
  const transitions = new Map([[event.type, [{ ...transition, guard: standIn }]]]);
  const node = Object.create(source, { transitions: { value: transitions } }) as InternalStateNode;
  const machine = { implementations: { guards: { [String(name)]: fail } } };
  try {
    node.next({ ...snapshot, machine }, event);
  } catch (told) {
    return told;
  }
  return error;
}
