import type { AnyActorRef, AnyEventObject, InspectionEvent } from 'xstate';
import { truncate } from './truncate.js';
import {
  resolveInspectOptions,
  type InspectOptions,
  type ResolvedInspectOptions,
} from './inspect-options.js';
import {
  inspectedEventOf,
  introductionOf,
  noteOf,
  type InspectedActor,
  type InspectedEvent,
  type InspectedSnapshot,
  type InspectionNote,
} from './inspected-event.js';
import { isBusy } from './is-busy.js';
import { Outbox } from './outbox.js';
import { redact } from './redact.js';
import { toInspectionEvent } from './to-inspection-event.js';

/** Counts of events. An event that waits, or that `sanitize` dropped, is in none of them. */
export interface InspectionStats {
  readonly sent: number;
  /** Because too many waited. */
  readonly dropped: number;
  /** Because `sanitize` or the inspector threw. */
  readonly errors: number;
}

/** An observer of inspection events, to be given to `createActor` as its `inspect`. */
export interface InspectionFeed {
  /** Takes an inspection event of XState. */
  readonly next: (event: InspectionEvent) => void;
  /** How much was sent and dropped so far. */
  readonly stats: () => InspectionStats;
  /** Sends what waits, if the inspector takes it now, and then no more. The inspector itself is left as it is. */
  readonly stop: () => void;
}

/** Stands in the stream for whoever sends it, to say how many events it has dropped. */
const SENDER: InspectedActor = {
  name: 'inspection',
  sessionId: 'inspection',
  parentId: null,
  rootId: 'inspection',
  definition: null,
};

/**
 * Sends what happens to actors to an inspector, later and bounded, so that nothing an inspector does slows or stops
 * an actor. It may be given to any number of actors.
 *
 * @throws {InspectError} `InvalidOptions`
 */
export function inspectWith(options: InspectOptions): InspectionFeed {
  const resolved = resolveInspectOptions(options);
  const { inspector, bufferSize: capacity, rate } = resolved;
  const introduced = new WeakSet<AnyActorRef>();
  let sent = 0;
  let errors = 0;
  let isSenderIntroduced = false;

  const show = (event: InspectedEvent) => inspector.inspect.next?.(toInspectionEvent(event));

  const send = (note: InspectionNote) => {
    // That it is there may have been dropped.
    if (note.type !== '@xstate.actor' && !introduced.has(note.actor)) {
      const introduction = choose(introductionOf(note), resolved);
      if (introduction !== null) show(introduction);
    }
    introduced.add(note.actor);
    const chosen = choose(inspectedEventOf(note), resolved);
    if (chosen === null) return;
    show(chosen);
    sent++;
  };

  const notifyDropped = (count: number) => {
    if (!isSenderIntroduced) show({ type: '@xstate.actor', actor: SENDER, snapshot: { status: 'active' } });
    isSenderIntroduced = true;
    const event = { type: 'inspection.dropped', count };
    show({ type: '@xstate.event', actor: SENDER, sourceId: null, event });
  };

  const attempt = (task: () => void) => {
    try {
      task();
    } catch {
      errors++;
    }
  };

  const outbox = new Outbox<InspectionNote>({
    capacity,
    rate,
    isBusy: () => isBusy(inspector),
    deliver: (notes, dropped) => {
      if (dropped > 0) {
        attempt(() => {
          notifyDropped(dropped);
        });
      }
      for (const note of notes) {
        attempt(() => {
          send(note);
        });
      }
    },
  });

  return {
    next: (event) => {
      const note = noteOf(event);
      if (note !== null) outbox.put(note);
    },
    stats: () => ({ sent, dropped: outbox.dropped, errors }),
    stop: () => {
      outbox.close();
    },
  };
}

/** What leaves in the place of an event. */
function choose(event: InspectedEvent, options: ResolvedInspectOptions): InspectedEvent | null {
  const { context, sanitize = context === 'full' ? (each: InspectedEvent) => each : redact } = options;
  const chosen = sanitize(event);
  if (chosen === null) return null;
  const truncated = (value: unknown) => truncate(value, options);
  const name = String(truncated(chosen.actor.name));
  const actor = { ...chosen.actor, name };
  switch (chosen.type) {
    case '@xstate.actor':
      return { ...chosen, actor, snapshot: truncated(chosen.snapshot) as InspectedSnapshot };
    case '@xstate.event':
      return { ...chosen, actor, event: truncated(chosen.event) as AnyEventObject };
    case '@xstate.snapshot':
      return {
        ...chosen,
        actor,
        event: truncated(chosen.event) as AnyEventObject,
        snapshot: truncated(chosen.snapshot) as InspectedSnapshot,
      };
  }
}
