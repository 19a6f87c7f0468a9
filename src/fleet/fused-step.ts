import type { AnyTransitionDefinition } from 'xstate';
import { assignmentOf, findAction, findPlainGuard } from '../accelerate/implementations.js';
import { writerOf, type MachineFunction, type Port, type Writer } from './program.js';
import type { AgentCursor } from './agent-cursor.js';

/** Takes a transition, if its guard holds. */
export type FusedStep = () => boolean;

/**
 * A transition that stays where it is and computes one key of the context, as a function of its own: an engine then
 * makes one piece of code of it and the machine's functions. Null for every other transition, and where an
 * environment forbids to make code of strings.
 */
export function fusedStepOf(port: Port, transition: AnyTransitionDefinition | undefined): FusedStep | null {
  if (transition === undefined || transition.target !== undefined || transition.actions.length !== 1)
    return null;
  const { action, params } = findAction(port.machine, transition.actions[0]);
  const assignment = Object.entries(assignmentOf(action) ?? {});
  const [key, next] = assignment[0] ?? [];
  if (assignment.length !== 1 || params !== undefined || key === undefined || typeof next !== 'function') {
    return null;
  }
  const guard = transition.guard === undefined ? undefined : findPlainGuard(port.machine, transition.guard);
  if (guard === null || guard?.params !== undefined) return null;
  return (
    fuse?.(guard?.test ?? always, next as MachineFunction, writerOf(key), port.cursor, port.args) ?? null
  );
}

type Fuse = (
  test: (args: Port['args'], params: unknown) => boolean,
  next: MachineFunction,
  write: Writer,
  cursor: AgentCursor,
  args: Port['args'],
) => FusedStep;

const fuse = fuseOrNull();

function always(): boolean {
  return true;
}

/** Functions that are written here would share what an engine learns of them, and with it the slowest of their calls. */
function fuseOrNull(): Fuse | null {
  const body = `return () => {
    if (!test(args, undefined)) return false;
    write(cursor, next(args, undefined));
    return true;
  }`;
  let made = 0;
  // Of one text an engine makes one function, however often it is asked: each has a number.
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  const make = () => new Function('test', 'next', 'write', 'cursor', 'args', `${body} // ${made++}`) as Fuse;
  try {
    make();
    return (...parts) => make()(...parts);
  } catch {
    return null;
  }
}
