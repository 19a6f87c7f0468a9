import { and, type AnyEventObject, type AnyMachineSnapshot, type AnyTransitionDefinition } from 'xstate';
import { lookupOf, paramsFor, type Lookup, type PlainGuard } from './implementations.js';

/** A guard by its name, with params, or as a function. */
type Reference = string | { readonly type: string; readonly params?: unknown } | PlainGuard['test'];

/** What XState keeps for private: the transition of one state. */
interface InternalStateNode {
  next(snapshot: object, event: AnyEventObject): unknown;
}

/** The guard of a transition, evaluated as XState does it: looked up each time, and called once. */
export class Guard {
  readonly #transition: AnyTransitionDefinition;
  readonly #reference: Reference;
  readonly #find: Lookup | null;
  /** Found before, and known to be a function of context and event. */
  #known: unknown = null;

  constructor(transition: AnyTransitionDefinition) {
    this.#transition = transition;
    this.#reference = transition.guard as Reference;
    const name = typeof transition.guard === 'function' ? null : nameIn(transition.guard);
    this.#find = name === null ? null : lookupOf(name);
  }

  /** @throws what XState throws for a guard that throws, or that there is none of */
  holds(snapshot: AnyMachineSnapshot, event: AnyEventObject): boolean {
    try {
      const find = this.#find;
      const test = find === null ? this.#reference : find(snapshot.machine.implementations.guards);
      return Boolean(
        test === this.#known
          ? this.#call(test as PlainGuard['test'], snapshot.context as object, event)
          : this.#callUnknown(test, snapshot, event),
      );
    } catch (error) {
      throw errorOfXState(this.#transition, snapshot, event, error);
    }
  }

  #call(test: PlainGuard['test'], context: object, event: AnyEventObject): unknown {
    const reference = this.#reference;
    const args = { context, event };
    return test(
      args,
      typeof reference === 'object' ? paramsFor(reference.params, { context, event }) : undefined,
    );
  }

  #callUnknown(test: unknown, snapshot: AnyMachineSnapshot, event: AnyEventObject): unknown {
    if (typeof test !== 'function' || 'check' in test) {
      return evaluatedByXState(this.#reference, snapshot, event);
    }
    this.#known = test;
    return this.#call(test as PlainGuard['test'], snapshot.context as object, event);
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
  // It tells those of eventless transitions as they are.
  if (transition.eventType === '') return error;
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
