import { and, type AnyEventObject, type AnyMachineSnapshot, type AnyTransitionDefinition } from 'xstate';
import { lookupOf, paramsFor, type Lookup, type PlainGuard } from './implementations.js';

/** A guard by its name, with params, or as a function. */
type Reference = string | { readonly type: string; readonly params?: unknown } | PlainGuard['test'];

/** What XState keeps for private: the transition of one state. */
interface InternalStateNode {
  next(snapshot: object, event: AnyEventObject): unknown;
}

/** A guard that is evaluated as XState does it: looked up each time, and called once. */
export class Guard {
  readonly #reference: Reference;
  readonly #find: Lookup | null;
  /** Found before, and known to be a function of context and event. */
  #known: PlainGuard['test'] | null = null;

  constructor(reference: unknown) {
    this.#reference = reference as Reference;
    const name = typeof reference === 'function' ? null : nameIn(reference);
    this.#find = name === null ? null : lookupOf(name);
  }

  /** @throws whatever it throws, and when there is none */
  evaluate(snapshot: AnyMachineSnapshot, event: AnyEventObject): unknown {
    const reference = this.#reference;
    const find = this.#find;
    const test = find === null ? reference : find(snapshot.machine.implementations.guards);
    if (test !== this.#known || this.#known === null) {
      if (typeof test !== 'function' || 'check' in test) return evaluatedByXState(reference, snapshot, event);
      this.#known = test as PlainGuard['test'];
    }
    const context = snapshot.context as object;
    const args = { context, event };
    if (typeof reference !== 'object') return this.#known(args, undefined);
    const params = paramsFor(reference.params, { context, event });
    return (test as PlainGuard['test'])(args, params);
  }

  /** Evaluates it as the guard of an event's transition. @throws what XState throws in its place */
  evaluateIn(
    transition: AnyTransitionDefinition,
    snapshot: AnyMachineSnapshot,
    event: AnyEventObject,
  ): unknown {
    try {
      return this.evaluate(snapshot, event);
    } catch (error) {
      throw errorOfXState(transition, snapshot, event, error);
    }
  }
}

function nameIn(reference: unknown): string {
  return String((reference as { readonly type?: unknown } | null)?.type ?? reference);
}

/** A guard that is made of others, looks at more of the snapshot, or is not there. */
function evaluatedByXState(
  reference: Reference,
  snapshot: AnyMachineSnapshot,
  event: AnyEventObject,
): unknown {
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
