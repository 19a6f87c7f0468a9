import type { ActorRefFrom, SnapshotFrom } from 'xstate';
import type { agentLifecycleMachine } from '../../machines/agent-lifecycle.machine.js';
import type {
  AgentLifecycleEmitted,
  AgentLifecycleEvent,
  LifecycleRejected,
  LifecycleTransitioned,
} from '../../machines/agent-lifecycle.types.js';
import { StateTransitionError } from '../domain/state-transition-error.js';
import { topStateOf } from '../domain/top-state.js';

export interface LifecycleObserver {
  /** What the lifecycle emitted, once its state has changed accordingly. */
  onEmitted(event: AgentLifecycleEmitted): void;
  /** Called after each event that the lifecycle has dealt with. */
  onChange(): void;
  onError(error: unknown): void;
}

/** A lifecycle actor whose answers can be awaited. */
export class ObservedLifecycle {
  readonly actor: ActorRefFrom<typeof agentLifecycleMachine>;
  readonly #observer: LifecycleObserver;
  #undelivered: AgentLifecycleEmitted[] = [];
  #lastTransition: LifecycleTransitioned | null = null;
  #lastRefusal: LifecycleRejected | null = null;
  #watchers: (() => void)[] = [];

  constructor(actor: ActorRefFrom<typeof agentLifecycleMachine>, observer: LifecycleObserver) {
    this.actor = actor;
    this.#observer = observer;
    actor.on('*', (event) => {
      if (event.type === 'lifecycle.rejected') this.#lastRefusal = event;
      else this.#lastTransition = event;
      this.#undelivered.push(event);
    });
    const onChange = () => {
      this.#deliver();
    };
    const onError = (error: unknown) => {
      observer.onError(error);
      this.#deliver();
    };
    actor.subscribe({ next: onChange, complete: onChange, error: onError });
  }

  get snapshot(): SnapshotFrom<typeof agentLifecycleMachine> {
    return this.actor.getSnapshot();
  }

  /** The last change of the top state. */
  get lastTransition(): LifecycleTransitioned | null {
    return this.#lastTransition;
  }

  /**
   * Sends an event and says why the lifecycle did not take it, if it did not. That is known at once only where no
   * other event is being dealt with: not in a listener on the actor.
   */
  send(event: AgentLifecycleEvent): StateTransitionError | null {
    if (this.snapshot.status !== 'active') {
      return new StateTransitionError({ code: 'TerminalState', state: topStateOf(this.snapshot.value) });
    }
    this.actor.send(event);
    return this.#lastRefusal?.event === event ? this.#lastRefusal.error : null;
  }

  /** Settles after the next event that the lifecycle deals with, and when it ends. */
  change(): Promise<void> {
    return new Promise((resolve) => this.#watchers.push(resolve));
  }

  #deliver(): void {
    const events = this.#undelivered;
    const watchers = this.#watchers;
    this.#undelivered = [];
    this.#watchers = [];
    for (const event of events) this.#observer.onEmitted(event);
    this.#observer.onChange();
    for (const watcher of watchers) watcher();
  }
}
