import type { PromiseActorLogic } from 'xstate';
import type { AgentOperationInput } from '../../machines/agent-lifecycle.types.js';

/** The logic of an operation of the chart. */
export type OperationLogic = PromiseActorLogic<unknown, AgentOperationInput>;

/**
 * An operation that knows, where it was in flight when its lifecycle was persisted, that it runs again: XState gives it
 * the input that it had. One whose time is over by then is not begun.
 */
export function retriedOperation(logic: OperationLogic, isOverdue: () => boolean): OperationLogic {
  return {
    ...logic,
    restoreSnapshot: (persisted, scope) => {
      const snapshot = (logic.restoreSnapshot?.(persisted, scope) ?? persisted) as ReturnType<
        OperationLogic['getInitialSnapshot']
      >;
      const { input } = snapshot;
      return { ...snapshot, input: input && { ...input, attempt: (input.attempt ?? 1) + 1 } };
    },
    start: (snapshot, scope) => {
      if (snapshot.input?.attempt === undefined || !isOverdue()) logic.start?.(snapshot, scope);
    },
  };
}
