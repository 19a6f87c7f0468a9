import { StateMachine, type AnyEventObject, type AnyMachineSnapshot, type AnyStateMachine } from 'xstate';
import { LocalTransitions } from './local-transitions.js';

/**
 * The same machine, faster: logic that `createActor` takes in the machine's place, of which nobody can tell it apart
 * but by the clock. What provably stays where it is and does nothing but assign is compiled when it is first needed;
 * all else is XState's own doing.
 *
 * As XState demands it, guards and assigners are functions of their arguments: one may be asked twice of one event.
 * Snapshots that follow one another may share the objects that say the same in both.
 */
export function accelerate<Machine extends AnyStateMachine>(machine: Machine): Machine {
  return accelerated.has(machine) ? machine : hastened(machine.provide({}) as Machine);
}

const accelerated = new WeakSet<AnyStateMachine>();

/** Makes a machine that nobody else has yet a fast one. */
function hastened<Machine extends AnyStateMachine>(machine: Machine): Machine {
  const transition = machine.transition.bind(machine);
  const getInitialSnapshot = machine.getInitialSnapshot.bind(machine);
  const restoreSnapshot = machine.restoreSnapshot.bind(machine);
  const resolveState = machine.resolveState.bind(machine);
  const local = new LocalTransitions(machine);
  let isPlain = true;
  /** Every snapshot that is not made here comes through here. */
  const admitted = <Snapshot extends AnyMachineSnapshot>(snapshot: Snapshot): Snapshot => {
    isPlain &&= hasNoSymbols(snapshot.context);
    return snapshot;
  };
  machine.transition = (snapshot, event: AnyEventObject, scope) =>
    (isPlain ? local.take(snapshot, event, scope) : null) ?? admitted(transition(snapshot, event, scope));
  machine.getInitialSnapshot = (scope, input) => admitted(getInitialSnapshot(scope, input));
  machine.restoreSnapshot = (snapshot, scope) => admitted(restoreSnapshot(snapshot, scope));
  define(machine, 'resolveState', (config: Parameters<typeof resolveState>[0]) =>
    admitted(resolveState(config)),
  );
  define(machine, 'provide', (implementations: Parameters<AnyStateMachine['provide']>[0]) =>
    hastened(StateMachine.prototype.provide.call(machine, implementations)),
  );
  accelerated.add(machine);
  return machine;
}

/** Where a method of the prototype would be, as far as can be seen. */
function define(machine: AnyStateMachine, name: string, method: unknown): void {
  Object.defineProperty(machine, name, { value: method, configurable: true, writable: true });
}

/** Looking for symbols takes longer than all else that an event does; no context has any but by its own making. */
function hasNoSymbols(context: unknown): boolean {
  return (
    typeof context !== 'object' || context === null || Object.getOwnPropertySymbols(context).length === 0
  );
}
