import { createActor, fromPromise } from 'xstate';
import {
  agentLifecycleMachine,
  type AgentLifecycleActorRef,
  type AgentOperationInput,
} from '../../src/index.js';
import {
  persistLifecycle,
  restoreLifecycle,
  watchDeadline,
  type OperationLogic,
  type RestoredTimers,
} from '../../src/durable.js';
import { SteppedClock } from '../../src/testing/index.js';
import { HeldOperations } from '../../src/testing/subjects/held-operations.js';
import { INPUT } from '../lifecycle-rig.js';
import { everyOperation } from '../../src/testing/subjects/every-operation.js';

/** What a process has of a lifecycle: all of it is gone with the process. */
interface Process {
  readonly clock: SteppedClock;
  readonly held: HeldOperations;
  readonly actor: AgentLifecycleActorRef;
  readonly refusals: string[];
  readonly startedAt: number;
}

/** A lifecycle that outlives the processes in which it runs, one after another. */
export class RestorableRig {
  /** The inputs of all operations, in the order in which they began. */
  readonly begun: AgentOperationInput[] = [];
  /** The top states that were reached, in their order. */
  readonly reached: string[] = [];
  #process: Process;

  constructor(input: { transitionTimeout?: number; drainTimeout?: number; capacity?: number } = {}) {
    this.#process = this.#begin(0, ({ clock, actors, now }) => {
      const actor = createActor(agentLifecycleMachine.provide({ actors }), {
        input: { ...INPUT, ...input },
        clock,
      });
      watchDeadline(actor, { now });
      return actor;
    });
  }

  get actor(): AgentLifecycleActorRef {
    return this.#process.actor;
  }

  get held(): HeldOperations {
    return this.#process.held;
  }

  /** The codes of the refusals in this process. */
  get refusals(): readonly string[] {
    return this.#process.refusals;
  }

  /** Milliseconds since the beginning, those between two processes included. */
  readonly now = (): number => this.#process.startedAt + this.#process.clock.now();

  advance(milliseconds: number): void {
    this.#process.clock.advance(milliseconds);
  }

  persist(): string {
    return JSON.stringify(persistLifecycle(this.actor, { now: this.now }));
  }

  /** Ends the process without a word, and goes on in another some time later. */
  restore(text: string, { timers, after = 0 }: { timers?: RestoredTimers; after?: number } = {}): void {
    this.#process = this.#begin(this.now() + after, ({ clock, actors, now }) =>
      restoreLifecycle(JSON.parse(text), { ...(timers && { timers }), now, actors, clock }),
    );
  }

  crash(options?: { timers?: RestoredTimers; after?: number }): void {
    this.restore(this.persist(), options);
  }

  #begin(
    startedAt: number,
    make: (process: {
      clock: SteppedClock;
      actors: Record<AgentOperationInput['operation'], OperationLogic>;
      now: () => number;
    }) => AgentLifecycleActorRef,
  ): Process {
    const clock = new SteppedClock();
    const held = new HeldOperations();
    const refusals: string[] = [];
    const operation = fromPromise<unknown, AgentOperationInput>(({ input, signal }) => {
      this.begun.push(input);
      return held.begin(input.operation, signal);
    });
    const actors = everyOperation(operation);
    const actor = make({ clock, actors, now: () => startedAt + clock.now() });
    actor.on('lifecycle.rejected', ({ error }) => refusals.push(error.code));
    actor.on('lifecycle.transitioned', ({ to }) => this.reached.push(to));
    actor.subscribe({ error: () => undefined });
    actor.start();
    return { clock, held, actor, refusals, startedAt };
  }
}
