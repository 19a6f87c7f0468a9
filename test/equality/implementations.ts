import {
  type agentLifecycleMachine,
  type AgentLifecycleContext,
  type AgentLifecycleEvent,
} from '../../src/index.js';
import { INPUT } from '../lifecycle-rig.js';
import { statePath } from '../../src/chart/state-path.js';
import { AgentColumns } from '../../src/fleet/agent-columns.js';
import type { Leaf } from '../../src/fleet/chart-tables.js';
import { ChartEngine } from '../../src/fleet/chart-engine.js';
import { inertScope } from '../../src/testing/inert-scope.js';
import type { Situation } from './situations.js';

type Machine = typeof agentLifecycleMachine;

/** What comes of an event. */
export interface Outcome {
  readonly leaf: string;
  readonly context: AgentLifecycleContext;
  /** What is emitted, and which timers are scheduled and cancelled, in their order. */
  readonly effects: readonly Effect[];
}

export type Effect =
  | { readonly do: 'emit'; readonly event: unknown }
  | { readonly do: 'schedule'; readonly event: string; readonly delay: number }
  | { readonly do: 'cancel'; readonly event: string };

/** Finds itself in a situation, and takes events from there. */
export type Implementation = (situation: Situation) => (event: AgentLifecycleEvent) => Outcome;

/** A machine as XState's pure transitions have it, accelerated or not. */
export function pureImplementation(machine: Machine): Implementation {
  let effects: Effect[] = [];
  const scope = inertScope(machine, INPUT, ({ type, params }) => {
    const { event, delay, sendId } = (params ?? {}) as {
      event: { type: string };
      delay?: number;
      sendId?: string;
    };
    if (type === 'xstate.emit') effects.push({ do: 'emit', event });
    if (type === 'xstate.raise') effects.push({ do: 'schedule', event: event.type, delay: Number(delay) });
    if (type === 'xstate.cancel') effects.push({ do: 'cancel', event: String(sendId) });
  });
  return ({ value, context }) => {
    const snapshot = machine.resolveState({ value, context });
    return (event) => {
      effects = [];
      const next = machine.transition(snapshot, event, scope as never);
      return { leaf: statePath(next.value), context: next.context, effects };
    };
  };
}

/** A machine as the tables of a fleet. */
export function fleetImplementation(machine: Machine): Implementation {
  const columns = new AgentColumns();
  columns.grow(1);
  let effects: Effect[] = [];
  const engine = new ChartEngine(machine, columns, {
    onEmitted: (_, event) => effects.push({ do: 'emit', event }),
    onOperation: null,
    keep: () => undefined,
    putBack: () => undefined,
    arm: (_, delay, event) => effects.push({ do: 'schedule', event, delay }),
    cancel: (_, event) => effects.push({ do: 'cancel', event }),
  });
  const pathOf = (leaf: Leaf) => leaf.node.path.join('.');
  const leaves = new Map(engine.leaves.map((leaf) => [pathOf(leaf), leaf]));
  return ({ leaf, context }) =>
    (event) => {
      engine.place(0, leaves.get(leaf) as Leaf, context);
      effects = [];
      engine.take(0, event);
      return { leaf: pathOf(engine.leafOf(0)), context: engine.contextOf(0), effects };
    };
}
