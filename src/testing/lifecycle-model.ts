import { initialTransition, type AnyActorScope, type SnapshotFrom } from 'xstate';
import { agentLifecycleMachine } from '../../machines/agent-lifecycle.machine.js';
import type { AgentOperation } from '../values/lifecycle-states.js';
import type { AgentLifecycleEmitted, AgentLifecycleEvent } from '../../machines/agent-lifecycle.types.js';
import { inertScope, type TransitionAction } from './inert-scope.js';
import {
  ACCEPTED,
  type HostEvent,
  type LifecycleStep,
  type LifecycleView,
  type OperationOutcome,
  type SendResult,
  type StepResult,
} from './lifecycle-step.js';
import { IDENTITY, type LifecycleSubject, type SubjectInput } from './lifecycle-subject.js';
import { viewOf } from './view-of.js';

type Snapshot = SnapshotFrom<typeof agentLifecycleMachine>;

/** A delay that runs. */
export interface ModelTimer {
  /** When it is due, on the model's clock. */
  readonly at: number;
  readonly delay: number;
  readonly event: AgentLifecycleEvent;
}

/** What the chart says must happen: its pure transitions, with the time and the operations in the open. */
export class LifecycleModel implements LifecycleSubject {
  readonly #timers: Map<string, ModelTimer>;
  readonly #scope: AnyActorScope;
  #actions: TransitionAction[] = [];
  #snapshot: Snapshot;
  #now = 0;

  /** @param timers holds the delays that run, by XState's id */
  constructor(input: SubjectInput, timers = new Map<string, ModelTimer>()) {
    this.#timers = timers;
    const whole = { ...IDENTITY, ...input };
    this.#scope = inertScope(agentLifecycleMachine, whole, (action) => {
      this.#actions.push(action);
    });
    const [snapshot, actions] = initialTransition(agentLifecycleMachine, whole);
    this.#snapshot = snapshot;
    this.#carryOut(actions);
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  /** Milliseconds since the beginning. */
  get now(): number {
    return this.#now;
  }

  /** Milliseconds to the next deadline; null when none is armed. */
  get untilDeadline(): number | null {
    const timer = this.#nextTimer();
    return timer === null ? null : timer.at - this.#now;
  }

  apply(step: LifecycleStep): StepResult {
    return { ...this.#take(step), view: this.state() };
  }

  send(event: HostEvent): SendResult {
    if (this.#snapshot.status !== 'active') return { accepted: false, code: 'TerminalState' };
    return this.#transition(event as AgentLifecycleEvent);
  }

  state(): LifecycleView {
    return viewOf(this.#snapshot);
  }

  advance(ms: number): void {
    const end = this.#now + ms;
    for (let timer = this.#nextTimer(); timer !== null && timer.at <= end; timer = this.#nextTimer()) {
      this.#now = timer.at;
      this.#transition(timer.event);
    }
    this.#now = end;
  }

  settle(operation: AgentOperation, outcome: OperationOutcome): void {
    if (this.#snapshot.context.operation !== operation) return;
    const event =
      outcome.type === 'done'
        ? { type: `xstate.done.actor.${operation}`, output: undefined }
        : { type: `xstate.error.actor.${operation}`, error: new Error(outcome.message) };
    this.#transition(event as unknown as AgentLifecycleEvent);
  }

  dispose(): void {
    this.#timers.clear();
  }

  #take(step: LifecycleStep): SendResult {
    if (step.do === 'send') return this.send(step.event);
    if (step.do === 'advance') this.advance(step.ms);
    else this.settle(step.operation, step.outcome);
    return ACCEPTED;
  }

  #transition(event: AgentLifecycleEvent): SendResult {
    this.#actions = [];
    this.#snapshot = agentLifecycleMachine.transition(this.#snapshot, event, this.#scope as never);
    return this.#carryOut(this.#actions);
  }

  #carryOut(actions: readonly TransitionAction[]): SendResult {
    let result = ACCEPTED;
    for (const { type, params } of actions) {
      if (type === 'xstate.raise')
        this.#arm(params as { id: string; delay?: number; event: AgentLifecycleEvent });
      if (type === 'xstate.cancel') this.#timers.delete((params as { sendId: string }).sendId);
      if (type === 'xstate.emit') {
        const { event } = params as { event: AgentLifecycleEmitted };
        if (event.type === 'lifecycle.rejected') result = { accepted: false, code: event.error.code };
      }
    }
    if (this.#snapshot.status !== 'active') this.#timers.clear();
    return result;
  }

  #arm({ id, delay, event }: { id: string; delay?: number; event: AgentLifecycleEvent }): void {
    if (delay !== undefined) this.#timers.set(id, { at: this.#now + delay, delay, event });
  }

  #nextTimer(): ModelTimer | null {
    return [...this.#timers.values()].sort((a, b) => a.at - b.at)[0] ?? null;
  }
}
