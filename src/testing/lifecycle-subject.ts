import { assertKnownKeys } from '../values/assert-known-keys.js';
import type { AgentOperation } from '../values/lifecycle-states.js';
import { Capacity } from '../values/capacity.js';
import { DrainTimeout } from '../values/drain-timeout.js';
import { TransitionTimeout } from '../values/transition-timeout.js';
import {
  ACCEPTED,
  type HostEvent,
  type LifecycleStep,
  type LifecycleView,
  type OperationOutcome,
  type SendResult,
  type StepResult,
} from './lifecycle-step.js';

/** A value, or a promise of it. */
export type Awaitable<Value> = Value | PromiseLike<Value>;

/** What a subject is created with: the timeouts of its agent, in milliseconds, and its capacity. */
export interface SubjectInput {
  readonly transitionTimeout: number;
  readonly drainTimeout: number;
  /**
   * How many requests may be pending at once, 1 to 10 000; 10 000 where it is absent. Only subjects with `hasCapacity`
   * are created with one.
   */
  readonly capacity?: number;
}

/** Whose lifecycle it is has no part in what it does. */
export const IDENTITY = {
  agentId: '00000000-0000-4000-8000-000000000000',
  version: '00000000-0000-4000-8000-000000000001',
  versionNumber: 1,
};

export const DEFAULT_INPUT: SubjectInput = {
  transitionTimeout: TransitionTimeout.default,
  drainTimeout: DrainTimeout.default,
};

/** @throws {InvalidValueError} for a timeout or a capacity that no agent may have */
export function parseSubjectInput(input: Partial<SubjectInput> = {}): SubjectInput {
  assertKnownKeys('SubjectInput', input, ['transitionTimeout', 'drainTimeout', 'capacity']);
  const {
    transitionTimeout = DEFAULT_INPUT.transitionTimeout,
    drainTimeout = DEFAULT_INPUT.drainTimeout,
    capacity,
  } = input;
  return {
    transitionTimeout: TransitionTimeout.parse(transitionTimeout),
    drainTimeout: DrainTimeout.parse(drainTimeout),
    ...(capacity !== undefined && { capacity: Capacity.parse(capacity) }),
  };
}

/**
 * An implementation of the lifecycle, as the conformance kit drives it: one agent, on a clock of its own that stands
 * still until it is advanced, whose operations end when they are settled.
 */
export interface LifecycleSubject {
  /**
   * Whether its agents have a capacity: the next subjects may be created with one then. False by default: the agent
   * takes 10 000 requests at once.
   */
  readonly hasCapacity?: boolean;
  /** Sends an event, and tells whether it was accepted. */
  send(event: HostEvent): Awaitable<SendResult>;
  /** Tells where the agent is. */
  state(): Awaitable<LifecycleView>;
  /** Lets time pass. Deadlines fire in their order, each at its own moment: one may begin another. */
  advance(ms: number): Awaitable<SendResult> | Awaitable<void>;
  /** Ends an operation. Without effect when it is not in flight; a subject that refuses that may answer so. */
  settle(operation: AgentOperation, outcome: OperationOutcome): Awaitable<SendResult> | Awaitable<void>;
  /** What a view does not show, for a subject that can tell: two more invariants are checked then. */
  observed?(): Awaitable<Observation>;
  /** Releases what the subject holds. */
  dispose(): Awaitable<void>;
}

/** What goes on around a lifecycle. */
export interface Observation {
  /** The operations whose work goes on and was not aborted. */
  readonly operations: readonly AgentOperation[];
  /** How many refusals were reported since the agent was made. */
  readonly refusals: number;
}

/** Makes a new agent, unloaded, at time 0. */
export type CreateSubject = (input: SubjectInput) => Awaitable<LifecycleSubject>;

export async function applyStep(subject: LifecycleSubject, step: LifecycleStep): Promise<StepResult> {
  const { accepted, code } = (await takeStep(subject, step)) ?? ACCEPTED;
  return { accepted, code, view: await viewIn(subject) };
}

/** What a subject shows, without what else its object may hold. */
export async function viewIn(subject: LifecycleSubject): Promise<LifecycleView> {
  const { state, operation, previousState, pendingRequests, failureReason } = await subject.state();
  return { state, operation, previousState, pendingRequests, failureReason };
}

function takeStep(subject: LifecycleSubject, step: LifecycleStep): Awaitable<SendResult> | Awaitable<void> {
  switch (step.do) {
    case 'send':
      return subject.send(step.event);
    case 'settle':
      return subject.settle(step.operation, step.outcome);
    case 'advance':
      return subject.advance(step.ms);
  }
}
