import { createActor, type AnyActorScope, type AnyStateMachine, type InputFrom } from 'xstate';

/** An action that a transition would have carried out. */
export interface TransitionAction {
  readonly type: string;
  readonly params: unknown;
}

/**
 * What a machine's transitions run in where nothing is carried out. XState's own `transition` makes an actor for it at
 * each event, without an input, which the lifecycle refuses: that took most of the time.
 */
export function inertScope<Machine extends AnyStateMachine>(
  machine: Machine,
  input: InputFrom<Machine>,
  onAction: (action: TransitionAction) => void,
): AnyActorScope {
  const self = createActor(machine, { input });
  const nothing = () => undefined;
  return {
    self,
    id: self.id,
    sessionId: self.sessionId,
    logger: nothing,
    defer: nothing,
    system: self.system,
    stopChild: nothing,
    emit: nothing,
    actionExecutor: onAction,
  };
}
