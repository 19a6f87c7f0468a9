import type { AnyActorRef, InspectionEvent } from 'xstate';
import type { Inspector } from '../../src/inspect/index.js';

/** An inspector that keeps what it is shown, as far as the Stately inspector would read it. */
export class FakeInspector implements Inspector {
  readonly shown: Record<string, unknown>[] = [];
  /** How a websocket inspector keeps its socket. */
  readonly adapter = { ws: { readyState: 1, bufferedAmount: 0 } };
  /** What it throws. */
  failure: Error | null = null;

  readonly inspect = {
    next: (event: InspectionEvent) => {
      if (this.failure !== null) throw this.failure;
      const actor = event.actorRef as AnyActorRef;
      const name = actor.id;
      switch (event.type) {
        case '@xstate.actor':
          this.shown.push({ type: 'actor', name, snapshot: actor.getSnapshot() as unknown });
          return;
        case '@xstate.event':
          this.shown.push({ type: 'event', name, event: event.event });
          return;
        case '@xstate.snapshot':
          this.shown.push({ type: 'snapshot', name, event: event.event, snapshot: event.snapshot });
      }
    },
  };

  get text(): string {
    return JSON.stringify(this.shown);
  }

  /** The states that an actor was shown in, each time. */
  valuesOf(name: string): unknown[] {
    return this.shown
      .filter((each) => each['type'] === 'snapshot' && each['name'] === name)
      .map(({ snapshot }) => (snapshot as { value?: unknown }).value);
  }
}
