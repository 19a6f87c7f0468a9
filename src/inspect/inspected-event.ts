import type { AnyActorRef, AnyEventObject, AnyStateMachine, InspectionEvent } from 'xstate';

/** An actor, as it is shown. */
export interface InspectedActor {
  /** `word-count v2 #3` and `word-count supervisor`, for those of a host. */
  readonly name: string;
  readonly sessionId: string;
  /** Of the actor that has invoked or spawned it. */
  readonly parentId: string | null;
  /** Of the actor with which its system began. */
  readonly rootId: string;
  /** What its machine was created from; null for an actor without one. */
  readonly definition: object | null;
}

/** The part of a snapshot that an inspector shows. */
export interface InspectedSnapshot {
  readonly status: string;
  /** The state it is in; only a machine's has one. */
  readonly value?: unknown;
  readonly context?: unknown;
  readonly output?: unknown;
  readonly error?: unknown;
}

/** What has happened to an actor. */
export type InspectedEvent =
  | {
      readonly type: '@xstate.actor';
      readonly actor: InspectedActor;
      readonly snapshot: InspectedSnapshot;
    }
  | {
      readonly type: '@xstate.event';
      readonly actor: InspectedActor;
      /** The session id of the actor that has sent it. */
      readonly sourceId: string | null;
      readonly event: AnyEventObject;
    }
  | {
      readonly type: '@xstate.snapshot';
      readonly actor: InspectedActor;
      /** What has led to it. */
      readonly event: AnyEventObject;
      readonly snapshot: InspectedSnapshot;
    };

/** What of an inspection event has to be read as it comes; the rest can wait. Null for one that is not shown. */
export function noteOf(inspected: InspectionEvent): InspectionNote | null {
  const actor = inspected.actorRef as AnyActorRef;
  const { rootId } = inspected;
  switch (inspected.type) {
    case '@xstate.actor':
      return { type: '@xstate.actor', actor, rootId, snapshot: actor.getSnapshot() as unknown };
    case '@xstate.event': {
      const { event, sourceRef } = inspected;
      return { type: '@xstate.event', actor, rootId, event, sourceId: sourceRef?.sessionId ?? null };
    }
    case '@xstate.snapshot': {
      const { event, snapshot } = inspected;
      return { type: '@xstate.snapshot', actor, rootId, event, snapshot };
    }
    default:
      return null;
  }
}

export type InspectionNote = { readonly actor: AnyActorRef; readonly rootId: string } & (
  | { readonly type: '@xstate.actor'; readonly snapshot: unknown }
  | { readonly type: '@xstate.event'; readonly event: AnyEventObject; readonly sourceId: string | null }
  | { readonly type: '@xstate.snapshot'; readonly event: AnyEventObject; readonly snapshot: unknown }
);

export function inspectedEventOf(note: InspectionNote): InspectedEvent {
  const actor = inspectedActorOf(note);
  switch (note.type) {
    case '@xstate.actor':
      return { type: note.type, actor, snapshot: inspectedSnapshotOf(note.snapshot) };
    case '@xstate.event':
      return { type: note.type, actor, sourceId: note.sourceId, event: note.event };
    case '@xstate.snapshot':
      return { type: note.type, actor, event: note.event, snapshot: inspectedSnapshotOf(note.snapshot) };
  }
}

/** That an actor is there, for who has not heard of it or has forgotten. */
export function introductionOf({ actor, rootId }: InspectionNote): InspectedEvent {
  const snapshot = actor.getSnapshot() as unknown;
  return inspectedEventOf({ type: '@xstate.actor', actor, rootId, snapshot });
}

function inspectedActorOf({ actor, rootId }: InspectionNote): InspectedActor {
  const { _parent, logic } = actor as AnyActorRef & { logic?: Partial<AnyStateMachine> };
  const { id: name, sessionId } = actor;
  const definition = typeof logic?.config === 'object' ? logic.config : null;
  return { name, sessionId, parentId: _parent?.sessionId ?? null, rootId, definition };
}

/** An actor that is being created has no snapshot yet. */
function inspectedSnapshotOf(snapshot: unknown): InspectedSnapshot {
  const { status = 'active', value, context, output, error } = (snapshot ?? {}) as Partial<InspectedSnapshot>;
  return { status, value, context, output, error };
}
