import type { ChildGroup } from './child-group.js';

/** How a child is spoken to. Each call is given up when its signal is aborted. */
export interface ChildSession {
  start(signal: AbortSignal): Promise<void>;
  request(payload: unknown, signal: AbortSignal): Promise<unknown>;
  /** Says good-bye. The child is brought down afterwards, whatever comes of it; what is thrown fails the stop. */
  stop(call: { readonly signal: AbortSignal; readonly forced: boolean }): Promise<void>;
  /** There is nobody to speak to any more: whatever is asked, now or later, fails for this reason. */
  end(reason: Error): void;
}

/** @param onNonsense is told when the child breaks the rules of the session, which ends it */
export type OpenSession = (child: ChildGroup, onNonsense: (reason: Error) => void) => ChildSession;
