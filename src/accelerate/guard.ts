import {
  and,
  type AnyEventObject,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type AnyTransitionDefinition,
} from 'xstate';
import { isSettled, paramsFor, type PlainGuard } from './implementations.js';

/** A guard by its name, with params, or as a function. */
type Reference = string | { readonly type: string; readonly params?: unknown } | PlainGuard['test'];

/** What XState keeps for private: the transition of one state. */
interface InternalStateNode {
  next(snapshot: object, event: AnyEventObject): unknown;
}

/** The guard of a transition, evaluated as XState does it: found among the implementations of now, and called once. */
export class Guard {
  readonly #transition: AnyTransitionDefinition;
  readonly #reference: Reference;
  /** The function of context and event that it is among these implementations; null where XState evaluates it. */
  #test: PlainGuard['test'] | null = null;
  #implementations: object | null = null;

  constructor(transition: AnyTransitionDefinition) {
    this.#transition = transition;
    this.#reference = transition.guard as Reference;
  }

  /** @throws what XState throws for a guard that throws, or that there is none of */
  holds(snapshot: AnyMachineSnapshot, event: AnyEventObject): boolean {
    const reference = this.#reference;
    const context = snapshot.context as object;
    try {
      if (snapshot.machine.implementations !== this.#implementations) this.#find(snapshot.machine);
      const test = this.#test;
      if (test === null) return evaluatedByXState(reference, snapshot, event);
      const args = { context, event };
      // Whatever a guard returns is as true as it is to JavaScript.
      if (typeof reference !== 'object') return test(args, undefined);
      return test(args, paramsFor(reference.params, { context, event }));
    } catch (error) {
      throw errorOfXState(this.#transition, snapshot, event, error);
    }
  }

  #find({ implementations }: AnyStateMachine): void {
    const reference = this.#reference as Reference | null;
    const guards = implementations.guards as Readonly<Record<string, unknown>> | undefined;
    const name = typeof reference === 'string' ? reference : (reference as { type?: string } | null)?.type;
    const test = typeof reference === 'function' ? reference : guards?.[String(name)];
    this.#test = typeof test === 'function' && !('check' in test) ? (test as PlainGuard['test']) : null;
    this.#implementations = isSettled(implementations) ? implementations : null;
  }
}

/** A guard that is made of others, looks at more of the snapshot, or is not there. */
function evaluatedByXState(
  reference: Reference,
  snapshot: AnyMachineSnapshot,
  event: AnyEventObject,
): boolean {
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
