import type { AnyActorRef, AnyEventObject, InspectionEvent, Snapshot } from 'xstate';
import type { InspectedActor, InspectedEvent, InspectedSnapshot } from './inspected-event.js';

/**
 * What an inspector is given for XState's own event: it holds no actor, only the little that inspectors read of one,
 * so that nothing leaves which was not chosen.
 */
export function toInspectionEvent(event: InspectedEvent): InspectionEvent {
  const { rootId } = event.actor;
  switch (event.type) {
    case '@xstate.actor':
      return { type: event.type, actorRef: actorStandIn(event.actor, event.snapshot), rootId };
    case '@xstate.event':
      return {
        type: event.type,
        actorRef: actorStandIn(event.actor),
        rootId,
        event: event.event,
        sourceRef: event.sourceId === null ? undefined : actorWithId(event.sourceId),
      };
    case '@xstate.snapshot':
      return {
        type: event.type,
        actorRef: actorStandIn(event.actor, event.snapshot),
        rootId,
        event: event.event,
        snapshot: event.snapshot as Snapshot<unknown>,
      };
  }
}

function actorStandIn(
  { name, sessionId, parentId, definition }: InspectedActor,
  snapshot: InspectedSnapshot = { status: 'active' },
): AnyActorRef {
  const standIn = {
    id: name,
    sessionId,
    _parent: parentId === null ? undefined : actorWithId(parentId),
    logic: definition === null ? {} : { config: definition },
    getSnapshot: () => snapshot,
    send: (_event: AnyEventObject) => undefined,
  };
  return standIn as unknown as AnyActorRef;
}

function actorWithId(sessionId: string): AnyActorRef {
  return { sessionId } as AnyActorRef;
}
