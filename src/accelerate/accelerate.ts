import {
  StateMachine,
  type AnyActorScope,
  type AnyEventObject,
  type AnyMachineSnapshot,
  type AnyStateMachine,
} from 'xstate';
import { InvalidValueError } from '../values/invalid-value-error.js';
import { settled } from './implementations.js';
import { LocalTransitions } from './local-transitions.js';
import { markOrigin } from './machine-snapshot.js';

/**
 * Returns the same machine, faster: pass it to `createActor` in the machine's place. Events whose transition stays in
 * its state and only assigns are taken by compiled code; XState takes all others.
 *
 * Guards, assigners, params and delays are called as often as XState calls them, in the same order and with the same
 * arguments. `implementations` may be replaced at any time, all at once: one of them alone cannot, they are frozen.
 * `provide` returns an accelerated machine. Consecutive snapshots may share the `value`, `tags` and `_nodes` that they have in common.
 *
 * The state nodes are those of the machine. Do not edit them, or the methods of the accelerated machine, after this
 * call: a new transition may come too late. A machine that is not what `createMachine` returns, such as an instance of a
 * subclass, one with replaced methods, or one of another copy of XState, is returned unchanged.
 *
 * @throws {InvalidValueError} for what is no machine
 */
export function accelerate<Machine extends AnyStateMachine>(machine: Machine): Machine {
  if (typeof machine !== 'object' || (machine as Machine | null) === null) {
    throw new InvalidValueError({ field: 'machine', expected: 'a state machine', received: machine });
  }
  return accelerated.has(machine) || !isAsXStateMadeIt(machine)
    ? machine
    : accelerateInPlace(copyOf(machine));
}

const accelerated = new WeakSet<AnyStateMachine>();

/** The methods that XState binds to each machine. */
const BOUND = [
  'transition',
  'getInitialSnapshot',
  'getPersistedSnapshot',
  'restoreSnapshot',
  'start',
] as const;

/** Whether nobody has replaced a method of the machine, by a subclass or on itself. */
function isAsXStateMadeIt(machine: AnyStateMachine): boolean {
  if (Object.getPrototypeOf(machine) !== StateMachine.prototype) return false;
  return Object.entries(machine).every(
    ([key, value]) =>
      typeof value !== 'function' || (isBound(key) && (value as { name: unknown }).name === `bound ${key}`),
  );
}

function isBound(key: string): boolean {
  return (BOUND as readonly string[]).includes(key);
}

/** A machine with the same state nodes, as they are by now: `provide` would make them again from the config. */
function copyOf<Machine extends AnyStateMachine>(machine: Machine): Machine {
  const copy = Object.create(
    StateMachine.prototype,
    Object.getOwnPropertyDescriptors(machine),
  ) as AnyStateMachine;
  const methods = StateMachine.prototype as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const name of BOUND) Object.assign(copy, { [name]: methods[name]?.bind(copy) });
  return copy as Machine;
}

/** Accelerates a machine that nobody else has yet. */
function accelerateInPlace<Machine extends AnyStateMachine>(machine: Machine): Machine {
  machine.implementations = settled(machine.implementations);
  const transition = machine.transition.bind(machine);
  const getInitialSnapshot = machine.getInitialSnapshot.bind(machine);
  const restoreSnapshot = machine.restoreSnapshot.bind(machine);
  const resolveState = machine.resolveState.bind(machine);
  const getTransitionData = machine.getTransitionData.bind(machine);
  /** What XState is to take for selected when it asks next. */
  let selected: ReturnType<typeof getTransitionData> | null = null;
  const take = (snapshot: AnyMachineSnapshot, event: AnyEventObject, scope: AnyActorScope) => {
    const next = transition(snapshot, event, scope as never);
    // XState returns what it did not change, by whomever it was made.
    return next === snapshot ? next : markOrigin(machine, next);
  };
  const local = new LocalTransitions(machine, (snapshot, event, scope, transitions) => {
    selected = transitions as NonNullable<typeof selected>;
    return take(snapshot, event, scope);
  });
  machine.transition = (snapshot, event: AnyEventObject, scope) =>
    local.take(snapshot, event, scope) ?? take(snapshot, event, scope);
  machine.getInitialSnapshot = (scope, input) => markOrigin(machine, getInitialSnapshot(scope, input));
  machine.restoreSnapshot = (snapshot, scope) => markOrigin(machine, restoreSnapshot(snapshot, scope));
  define(machine, 'getTransitionData', (snapshot: AnyMachineSnapshot, event: AnyEventObject) => {
    const transitions = selected ?? getTransitionData(snapshot, event);
    selected = null;
    return transitions;
  });
  define(machine, 'resolveState', (config: Parameters<typeof resolveState>[0]) =>
    markOrigin(machine, resolveState(config)),
  );
  define(machine, 'provide', (implementations: Parameters<AnyStateMachine['provide']>[0]) =>
    accelerateInPlace(StateMachine.prototype.provide.call(machine, implementations)),
  );
  accelerated.add(machine);
  return machine;
}

/** Where a method of the prototype would be, as far as can be seen. */
function define(machine: AnyStateMachine, name: string, method: unknown): void {
  Object.defineProperty(machine, name, { value: method, configurable: true, writable: true });
}
