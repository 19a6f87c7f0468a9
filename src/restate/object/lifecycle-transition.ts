import { initialTransition, transition, type ExecutableActionsFrom } from 'xstate';
import { agentLifecycleMachine } from '../../../machines/agent-lifecycle.machine.js';
import type {
  AgentLifecycleEmitted,
  AgentLifecycleEvent,
  AgentOperationInput,
} from '../../../machines/agent-lifecycle.types.js';
import type { AgentLifecycleInput } from '../../values/agent-lifecycle-input.js';
import { PendingRequestCount } from '../../values/pending-request-count.js';
import { positionOf, snapshotOf, type LifecycleSnapshot } from '../wire/lifecycle-position.js';
import type { LifecycleRecord } from './lifecycle-record.js';

/** What is to be done about a step. Delays are milliseconds. */
export type LifecycleEffect =
  | { readonly type: 'arm'; readonly timer: string; readonly token: number; readonly delay: number }
  | {
      readonly type: 'begin';
      readonly serial: number;
      readonly byTimer: boolean;
      readonly input: AgentOperationInput;
    }
  /** @property invocation that carries out the operation that was left */
  | { readonly type: 'cancel'; readonly invocation: string }
  | { readonly type: 'emit'; readonly event: AgentLifecycleEmitted };

export interface LifecycleTransition {
  readonly record: LifecycleRecord;
  readonly effects: readonly LifecycleEffect[];
}

type Actions = ExecutableActionsFrom<typeof agentLifecycleMachine>[];

/** An action as XState gives it, for it has no type of all of them. */
interface Action {
  readonly type: string;
  readonly params: unknown;
}

/**
 * The first transition of a new generation.
 *
 * @throws {InvalidValueError} for an input that is not what it should be
 */
export function beginLifecycle(
  input: AgentLifecycleInput,
  instance: Pick<LifecycleRecord, 'generation' | 'revision' | 'host' | 'spec'>,
): LifecycleTransition {
  const [snapshot, actions] = initialTransition(agentLifecycleMachine, input);
  if (snapshot.status === 'error') throw snapshot.error;
  const none = { version: 1, timers: {}, operation: null, lastCounted: null, session: null } as const;
  const before = { ...none, ...instance, position: positionOf(snapshot) };
  return afterActions(before, snapshot, actions, { type: 'xstate.init' });
}

/** The record after an event, and the effects to carry out. A pure function. */
export function transitionLifecycle(
  record: LifecycleRecord,
  event: { readonly type: string },
): LifecycleTransition {
  const before = snapshotOf(record);
  const [snapshot, actions] = transition(agentLifecycleMachine, before, event as AgentLifecycleEvent);
  return afterActions({ ...record, revision: record.revision + 1 }, snapshot, actions, event);
}

/** The record with the count of requests that the agent's host tells. */
export function withPending(record: LifecycleRecord, pending: number): LifecycleRecord {
  const pendingRequests = PendingRequestCount.parse(pending);
  const { position } = record;
  if (position.context.pendingRequests === pendingRequests && record.lastCounted === null) return record;
  const context = { ...position.context, pendingRequests };
  return { ...record, lastCounted: null, position: { ...position, context } };
}

/** The record of an agent of whose requests nobody can tell now: that there are none is not known. */
export function withUncounted(record: LifecycleRecord): LifecycleRecord {
  const lastCounted = record.lastCounted ?? record.position.context.pendingRequests;
  return { ...withPending(record, Math.max(1, lastCounted)), lastCounted };
}

/** Once nothing depends on how many requests are pending, what is reported is what was told. */
function asReported(record: LifecycleRecord): LifecycleRecord {
  const snapshot = snapshotOf(record);
  const isDecided = snapshot.status !== 'active' || snapshot.hasTag('transitioning');
  return isDecided && record.lastCounted !== null ? withPending(record, record.lastCounted) : record;
}

function afterActions(
  before: LifecycleRecord,
  snapshot: LifecycleSnapshot,
  actions: Actions,
  event: { readonly type: string },
): LifecycleTransition {
  const effects: LifecycleEffect[] = [];
  const token = before.revision;
  let { timers, operation } = before;
  for (const { type, params } of actions as readonly Action[]) {
    switch (type) {
      case 'xstate.raise': {
        const { id, delay, event } = params as { id: string; delay: number; event: { type: string } };
        timers = { ...timers, [id]: { token, delay, event: event.type } };
        effects.push({ type: 'arm', timer: id, token, delay });
        break;
      }
      case 'xstate.cancel': {
        const { [(params as { sendId: string }).sendId]: _, ...rest } = timers;
        timers = rest;
        break;
      }
      case 'xstate.spawnChild': {
        const { input } = params as { input: AgentOperationInput };
        operation = { serial: token, attempt: 0, invocation: null };
        effects.push({
          type: 'begin',
          serial: token,
          byTimer: event.type.startsWith('xstate.after.'),
          input,
        });
        break;
      }
      case 'xstate.stopChild':
        if (operation?.invocation != null && !isItsEnd(event)) {
          effects.push({ type: 'cancel', invocation: operation.invocation });
        }
        operation = null;
        break;
      case 'xstate.emit':
        effects.push({ type: 'emit', event: (params as { event: AgentLifecycleEmitted }).event });
        break;
      default:
        throw new Error(`The chart has an action of which this step does not know: ${type}`);
    }
  }
  const hasEnded = snapshot.status !== 'active';
  const after = { ...before, position: positionOf(snapshot), operation, timers: hasEnded ? {} : timers };
  return { record: asReported(after), effects };
}

/** Whether an operation has ended by itself: there is nothing to cancel then. */
function isItsEnd({ type }: { readonly type: string }): boolean {
  return type.startsWith('xstate.done.actor.') || type.startsWith('xstate.error.actor.');
}
