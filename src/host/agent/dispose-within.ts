import type { AgentIdentity } from '../../values/agent-lifecycle-input.js';
import { StateTransitionError } from '../../values/state-transition-error.js';
import type { AgentDriver } from '../agent-driver.js';
import type { Clock } from '../../util/clock.js';

/** Disposes of a driver and waits for that no longer than `timeoutMs`, whatever the driver does. */
export async function disposeWithin(
  driver: AgentDriver,
  agent: AgentIdentity,
  timeoutMs: number,
  clock: Clock,
): Promise<void> {
  const controller = new AbortController();
  const deadline = new Promise<never>((_, reject) => {
    controller.signal.addEventListener('abort', () => {
      reject(controller.signal.reason as StateTransitionError);
    });
  });
  const timer = clock.setTimeout(() => {
    controller.abort(new StateTransitionError({ code: 'TimeoutExceeded', timeoutMs }));
  }, timeoutMs);
  try {
    const disposed = (async () => driver.dispose?.({ ...agent, signal: controller.signal }))();
    await Promise.race([disposed, deadline]);
  } finally {
    clock.clearTimeout(timer);
  }
}
