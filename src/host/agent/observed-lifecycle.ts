import type { ActorRefFrom, EventObject, SnapshotFrom } from 'xstate';
import type { agentLifecycleMachine } from '../../../machines/agent-lifecycle.machine.js';
import type {
  AgentLifecycleEmitted,
  AgentLifecycleEvent,
  LifecycleRejected,
  LifecycleTransitioned,
} from '../../../machines/agent-lifecycle.types.js';
import { StateTransitionError } from '../../values/state-transition-error.js';
import { causedBy } from '../../values/caused-by.js';
import { statePath, topState } from '../../chart/state-path.js';

type Snapshot = SnapshotFrom<typeof agentLifecycleMachine>;

export interface LifecycleObserver {
  /** Called as the lifecycle changes its top state, in the middle of the event. */
  onTransition(event: LifecycleTransitioned): void;
  /** Called once the lifecycle has changed its state. */
  onStep(step: LifecycleStepTaken): void;
  /** Called after each event that the lifecycle has dealt with. */
  onChange(): void;
  /** What the lifecycle emitted, once its state has changed accordingly. */
  onEmitted(event: AgentLifecycleEmitted): void;
  onError(error: unknown): void;
}

/** A change of the state or of its child. */
interface LifecycleStepTaken {
  readonly from: string;
  readonly to: string;
  /** Null where it was sent past this class. */
  readonly event: string | null;
}

/** Asked after each event what has come of something; null while that is open. */
export type Question<Answer> = (
  snapshot: Snapshot,
  lastTransition: LifecycleTransitioned | null,
) => Answer | null;

export interface OpenQuestion<Answer> {
  readonly answer: Promise<Answer>;
  /** Asks no more. */
  readonly withdraw: () => void;
}

/** A lifecycle actor of which it can be asked what comes of an event. */
export class ObservedLifecycle {
  readonly actor: ActorRefFrom<typeof agentLifecycleMachine>;
  readonly #observer: LifecycleObserver;
  /** Each tries to answer its question, and tells whether it could. */
  readonly #open = new Set<() => boolean>();
  #undelivered: AgentLifecycleEmitted[] = [];
  #lastTransition: LifecycleTransitioned | null = null;
  #lastRefusal: LifecycleRejected | null = null;
  /** The event that is being dealt with, where it is known. */
  #cause: EventObject | null = null;
  /** Events that were sent while another was being dealt with: XState takes them in their order. */
  readonly #waiting: EventObject[] = [];
  #isBusy = false;
  #value: Snapshot['value'];
  #leaf: string;

  constructor(actor: ActorRefFrom<typeof agentLifecycleMachine>, observer: LifecycleObserver) {
    this.actor = actor;
    this.#observer = observer;
    this.#value = this.snapshot.value;
    this.#leaf = statePath(this.#value);
    actor.on('*', (event) => {
      if (event.type === 'lifecycle.rejected') this.#lastRefusal = event;
      else {
        this.#lastTransition = event;
        this.attribute(event.event);
        observer.onTransition(event);
      }
      this.#undelivered.push(event);
    });
    const onChange = () => {
      this.#observe();
    };
    const onError = (error: unknown) => {
      observer.onError(error);
      this.#observe();
    };
    actor.subscribe({ next: onChange, complete: onChange, error: onError });
  }

  get snapshot(): Snapshot {
    return this.actor.getSnapshot();
  }

  /** Of what it has failed; null where it has not. */
  get failure(): Error | null {
    if (topState(this.snapshot.value) !== 'failed') return null;
    const { failureReason } = this.snapshot.context;
    const { error, reason = error } = (this.#lastTransition?.event ?? {}) as {
      error?: unknown;
      reason?: unknown;
    };
    return new Error(String(failureReason), causedBy(reason instanceof Error ? reason : null));
  }

  /**
   * Sends an event and says why the lifecycle did not take it, if it did not. That is known at once only where no
   * other event is being dealt with: not in a listener on the actor.
   */
  send(event: AgentLifecycleEvent): StateTransitionError | null {
    if (this.snapshot.status !== 'active') {
      const state = topState(this.snapshot.value);
      return new StateTransitionError({ code: 'TerminalState', state }, causedBy(this.failure));
    }
    if (this.#isBusy) this.#waiting.push(event);
    else this.attribute(event);
    this.actor.send(event);
    return this.#lastRefusal?.event === event ? this.#lastRefusal.error : null;
  }

  /**
   * Asks a question after each event from now on, before anyone hears of it, until it has an answer. A later look
   * would miss what comes and goes: a listener may send the next event at once.
   */
  ask<Answer>(question: Question<Answer>): OpenQuestion<Answer> {
    let resolve: (answer: Answer) => void;
    const answer = new Promise<Answer>((settle) => {
      resolve = settle;
    });
    const attempt = () => {
      const found = question(this.snapshot, this.#lastTransition);
      if (found !== null) resolve(found);
      return found !== null;
    };
    this.#open.add(attempt);
    return { answer, withdraw: () => void this.#open.delete(attempt) };
  }

  /** Tells which event is being dealt with: of XState's own this class hears only when the top state changes. */
  attribute(event: EventObject): void {
    this.#cause = event;
    this.#isBusy = true;
  }

  #noteStep(): void {
    const { value } = this.snapshot;
    // Requests leave it as it is.
    if (value === this.#value) return;
    const [from, to, cause] = [this.#leaf, statePath(value), this.#cause];
    this.#value = value;
    if (from === to) return;
    this.#leaf = to;
    this.#observer.onStep({ from, to, event: cause?.type ?? null });
  }

  #observe(): void {
    for (const attempt of this.#open) {
      if (attempt()) this.#open.delete(attempt);
    }
    this.#isBusy = true;
    this.#noteStep();
    const events = this.#undelivered;
    this.#undelivered = [];
    for (const event of events) this.#observer.onEmitted(event);
    this.#observer.onChange();
    this.#cause = this.#waiting.shift() ?? null;
    this.#isBusy = this.#cause !== null;
  }
}
