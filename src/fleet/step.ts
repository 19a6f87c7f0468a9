import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { assignmentOf, findAction, findPlainGuard, paramsFor } from '../accelerate/implementations.js';
import type { AgentLifecycleContext } from '../../machines/agent-lifecycle.types.js';
import { AgentCursor } from './agent-cursor.js';
import { FleetError } from './fleet-error.js';

/** One thing that a transition does: a key of the context is computed, or something else comes of it. */
export type Step =
  | {
      readonly type: 'assign';
      readonly write: Writer;
      readonly next: MachineFunction;
      readonly params: unknown;
    }
  | { readonly type: 'act'; readonly act: () => void };

export type Guard = () => boolean;

/** What the machine's functions are called with, the same object each time: who keeps it keeps nothing. */
interface MachineArgs {
  readonly context: AgentLifecycleContext;
  readonly event: { readonly type: string };
  readonly spawn: () => never;
}

/** Where the agent that an event is for is dealt with. */
export interface Port {
  readonly machine: AnyStateMachine;
  readonly args: MachineArgs;
  readonly cursor: AgentCursor;
  emit(event: unknown): void;
  /** @param delay in milliseconds */
  arm(delay: number, event: string): void;
  cancel(event: string): void;
  /** @param input what the operation is told, for whom it concerns */
  begin(input: () => unknown): void;
}

/**
 * An action of the chart, with the machine's own function for what it comes to.
 *
 * @throws an error of `unsupported` for one that XState alone can carry out
 */
export function stepOf(port: Port, reference: unknown): Step {
  const { action, params } = findAction(port.machine, reference);
  if (typeof action !== 'function') throw unsupported(`the action ${nameOf(reference)}`);
  const own = action as MachineFunction;
  if (!('resolve' in action)) return acting(() => own(port.args, paramsFor(params, port.args)));
  const assignment = assignmentOf(action);
  return assignment === null
    ? builtInStep(port, action as unknown as BuiltIn, params)
    : assignStep(port, assignment, params);
}

export function carryOut(step: Step, { args, cursor }: Port): void {
  if (step.type === 'assign') step.write(cursor, step.next(args, step.params));
  else step.act();
}

export function acting(act: () => void): Step {
  return { type: 'act', act };
}

/** @throws an error of `unsupported` for a guard that is no function of context and event */
export function guardOf({ machine, args }: Port, reference: unknown): Guard {
  const guard = findPlainGuard(machine, reference);
  if (guard === null) throw unsupported(`the guard ${nameOf(reference)}`);
  const { test, params } = guard;
  return params === undefined ? () => test(args, undefined) : () => test(args, paramsFor(params, args));
}

/** What a fleet has no tables for. */
class UnsupportedFeature extends Error {
  readonly feature: string;

  constructor(feature: string) {
    super(`A fleet does not support ${feature}`);
    this.feature = feature;
  }
}

/** An error that `inState` gives its state. */
export function unsupported(feature: string): Error {
  return new UnsupportedFeature(feature);
}

/** What was thrown for a state; what a fleet does not support becomes a `FleetError` that names it. */
export function inState(node: AnyStateNode, error: unknown): unknown {
  if (!(error instanceof UnsupportedFeature)) return error;
  const { feature } = error;
  return new FleetError({ code: 'UnsupportedChart', state: node.path.join('.') || node.id, feature });
}

export type MachineFunction = (args: MachineArgs, params: unknown) => unknown;

/** What XState makes of its own actions: which kind, and what belongs to that. */
type BuiltIn =
  | { readonly type: 'xstate.assign'; readonly assignment: unknown }
  | { readonly type: 'xstate.enqueueActions'; readonly collect: (args: object, params: unknown) => void }
  | { readonly type: 'xstate.emit'; readonly event: unknown }
  | { readonly type: 'xstate.raise'; readonly event: unknown; readonly delay: unknown }
  | { readonly type: 'xstate.cancel'; readonly sendId: unknown };

function builtInStep(port: Port, action: BuiltIn, params: unknown): Step {
  const { machine, args } = port;
  switch (action.type) {
    case 'xstate.assign':
      return assignStep(port, action.assignment, params);
    case 'xstate.enqueueActions':
      return enqueuedSteps(port, action.collect, params);
    case 'xstate.emit':
      return acting(() => {
        port.emit(valueOf(action.event, args, paramsFor(params, args)));
      });
    case 'xstate.raise': {
      const { event, delay } = action;
      const named =
        typeof delay === 'string'
          ? (machine.implementations.delays as Readonly<Record<string, unknown>>)[delay]
          : delay;
      // One without a delay is taken before the next event; a deadline of the chart's has an event of XState's making.
      if (delay === undefined || !isEvent(event)) throw unsupported('an event that the chart raises');
      if (named === undefined) throw unsupported(`the delay ${delay as string}, which has no implementation`);
      return acting(() => {
        port.arm(valueOf(named, args, undefined) as number, event.type);
      });
    }
    case 'xstate.cancel':
      return acting(() => {
        port.cancel(String(action.sendId));
      });
    default:
      throw unsupported(`the action ${(action as { readonly type: string }).type}`);
  }
}

function assignStep({ args, cursor }: Port, assignment: unknown, params: unknown): Step {
  if (typeof assignment === 'function') {
    return acting(() => {
      const changes = (assignment as MachineFunction)(args, paramsFor(params, args)) as object;
      for (const [key, value] of Object.entries(changes)) writerOf(key)(cursor, value);
    });
  }
  const entries = Object.entries(assignment as Readonly<Record<string, unknown>>);
  const writers = entries.map(([key]) => writerOf(key));
  const [write] = writers;
  if (write !== undefined && writers.length === 1 && typeof params !== 'function') {
    const value = entries[0]?.[1];
    const next = typeof value === 'function' ? (value as MachineFunction) : () => value;
    return { type: 'assign', write, next, params };
  }
  return acting(() => {
    const given = paramsFor(params, args);
    // Every value is of the context as it was before.
    const values = entries.map(([, value]) => valueOf(value, args, given));
    for (const [index, write] of writers.entries()) write(cursor, values[index]);
  });
}

/** Does what the chart enqueues, once it has enqueued all of it. */
function enqueuedSteps(port: Port, collect: (args: object, params: unknown) => void, params: unknown): Step {
  let steps: Step[] = [];
  const enqueue = (action: unknown) => {
    steps.push(stepOf(port, action));
  };
  enqueue.emit = (event: unknown) => {
    // One that depends on nothing may as well be emitted now.
    if (steps.length === 0 && typeof event !== 'function') port.emit(event);
    else
      steps.push(
        acting(() => {
          port.emit(valueOf(event, port.args, undefined));
        }),
      );
  };
  enqueue.assign = (assignment: unknown) => {
    steps.push(assignStep(port, assignment, undefined));
  };
  for (const name of BEYOND_A_FLEET) {
    Object.defineProperty(enqueue, name, {
      value: () => {
        throw unsupported(`enqueue.${name}`);
      },
    });
  }
  const check = (guard: unknown) => guardOf(port, guard)();
  return acting(() => {
    // One that threw has left some behind.
    if (steps.length > 0) steps = [];
    const { context, event } = port.args;
    collect({ context, event, enqueue, check }, paramsFor(params, port.args));
    for (const step of steps) carryOut(step, port);
  });
}

/** What only an actor can do. */
const BEYOND_A_FLEET = [
  'raise',
  'cancel',
  'sendTo',
  'sendParent',
  'forwardTo',
  'spawnChild',
  'stopChild',
] as const;

/** What makes an agent the one that it is. */
const IDENTITY: readonly string[] = ['agentId', 'version'];

export type Writer = (cursor: AgentCursor, value: unknown) => void;

/** What writes a key of the context. @throws an error of `unsupported` for one that the lifecycle has not, or that is never another */
export function writerOf(key: string): Writer {
  const write = (AgentCursor.writers as Readonly<Record<string, Writer>>)[key];
  if (write === undefined) throw unsupported(`a context with ${key}`);
  if (IDENTITY.includes(key)) throw unsupported(`an assign of ${key}`);
  return write;
}

function valueOf(value: unknown, args: MachineArgs, params: unknown): unknown {
  return typeof value === 'function' ? (value as MachineFunction)(args, params) : value;
}

function isEvent(event: unknown): event is { readonly type: string } {
  return typeof event === 'object' && event !== null;
}

function nameOf(reference: unknown): string {
  if (typeof reference === 'string') return reference;
  if (typeof reference === 'function' && reference.name !== '') return reference.name;
  return (reference as { readonly type?: string } | null)?.type ?? 'of its own';
}
