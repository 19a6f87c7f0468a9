import type { AnyActorRef, InspectionEvent, Observer, Subscription } from 'xstate';
import { callSafely } from '../util/listeners.js';

type OnError = (error: unknown) => void;

/** Those who look into the actors of a host, the actors that there are and those that come. */
export class Inspection {
  readonly #actors = new Map<AnyActorRef, OnError>();
  readonly #views = new Set<View>();

  /**
   * Shows an actor, with all that it invokes, to all observers until it has ended.
   *
   * @param onError told what an observer throws while it looks at this actor
   */
  add(actor: AnyActorRef, onError: OnError): void {
    this.#actors.set(actor, onError);
    const forget = () => {
      this.#actors.delete(actor);
      for (const view of this.#views) view.forget(actor);
    };
    actor.subscribe({ complete: forget, error: forget });
    for (const view of this.#views) view.show(actor, onError);
  }

  /** Hears of each actor first as `@xstate.actor`, then what happens to it. */
  inspect(observer: Observer<InspectionEvent>): Subscription {
    const view = new View(observer);
    this.#views.add(view);
    for (const [actor, onError] of this.#actors) view.show(actor, onError);
    return {
      unsubscribe: () => {
        this.#views.delete(view);
        view.close();
      },
    };
  }
}

/** One observer, and what it looks at. */
class View {
  readonly #observer: Observer<InspectionEvent>;
  readonly #subscriptions = new Map<AnyActorRef, Subscription>();

  constructor(observer: Observer<InspectionEvent>) {
    this.#observer = observer;
  }

  show(actor: AnyActorRef, onError: OnError): void {
    const next = (event: InspectionEvent) => {
      // What is thrown here would be thrown in the middle of an actor's event.
      callSafely(onError, (seen) => this.#observer.next?.(seen), event);
    };
    introduce(actor, actor.sessionId, next);
    this.#subscriptions.set(actor, actor.system.inspect({ next }));
  }

  /** It goes on looking, as the last snapshot of an actor comes after its end. */
  forget(actor: AnyActorRef): void {
    this.#subscriptions.delete(actor);
  }

  close(): void {
    for (const subscription of this.#subscriptions.values()) subscription.unsubscribe();
    this.#subscriptions.clear();
  }
}

/** XState does so when an actor is created, which is too early for who comes later. */
function introduce(actorRef: AnyActorRef, rootId: string, next: (event: InspectionEvent) => void): void {
  next({ type: '@xstate.actor', actorRef, rootId });
  const { children = {} } = actorRef.getSnapshot() as { children?: Record<string, AnyActorRef | undefined> };
  for (const child of Object.values(children)) {
    if (child !== undefined) introduce(child, rootId, next);
  }
}
