import type { AgentOperation } from '../../machines/agent-lifecycle.states.js';
import { DrainTimeout } from '../domain/drain-timeout.js';
import { TransitionTimeout } from '../domain/transition-timeout.js';
import {
  ACCEPTED,
  type HostEvent,
  type LifecycleStep,
  type LifecycleView,
  type OperationOutcome,
  type SendResult,
  type StepResult,
} from './lifecycle-step.js';

type Awaitable<Value> = Value | PromiseLike<Value>;

/** What a subject is created with: the timeouts of its agent, in milliseconds. */
export interface SubjectInput {
  readonly transitionTimeout: number;
  readonly drainTimeout: number;
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

/**
 * An implementation of the lifecycle, as the conformance kit drives it: one agent, on a clock of its own that stands
 * still until it is advanced, whose operations end when they are settled.
 */
export interface LifecycleSubject {
  send(event: HostEvent): Awaitable<SendResult>;
  state(): Awaitable<LifecycleView>;
  /** Lets time pass. Deadlines fire in their order, each at its own moment: one may begin another. */
  advance(ms: number): Awaitable<void>;
  /** Ends an operation. Without effect when it is not in flight. */
  settle(operation: AgentOperation, outcome: OperationOutcome): Awaitable<void>;
  dispose(): Awaitable<void>;
}

/** Makes a new agent, unloaded, at time 0. */
export type CreateSubject = (input: SubjectInput) => Awaitable<LifecycleSubject>;

export async function applyStep(subject: LifecycleSubject, step: LifecycleStep): Promise<StepResult> {
  const result = await takeStep(subject, step);
  return { accepted: result.accepted, code: result.code, view: await subject.state() };
}

async function takeStep(subject: LifecycleSubject, step: LifecycleStep): Promise<SendResult> {
  switch (step.do) {
    case 'send':
      return subject.send(step.event);
    case 'settle':
      await subject.settle(step.operation, step.outcome);
      return ACCEPTED;
    case 'advance':
      await subject.advance(step.ms);
      return ACCEPTED;
  }
}
