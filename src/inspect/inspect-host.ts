import type { AgentHost } from '../host/agent-host.js';
import type { InspectOptions } from './inspect-options.js';
import { inspectWith, type InspectionStats } from './inspect-with.js';

/** The inspection of a host, as long as it goes on. */
export interface HostInspection {
  /** How much was sent and dropped so far. */
  readonly stats: () => InspectionStats;
  /** Sends what waits, if the inspector takes it now, and then no more. The inspector itself is left as it is. */
  readonly stop: () => void;
}

/**
 * Sends what happens to the actors of all agents of a host, its lifecycles and supervisors, to an inspector: of those
 * that run, and of those that come.
 *
 * @throws {InspectError} `InvalidOptions`
 */
export function inspectHost(host: Pick<AgentHost, 'inspect'>, options: InspectOptions): HostInspection {
  const feed = inspectWith(options);
  const subscription = host.inspect(feed);
  return {
    stats: feed.stats,
    stop: () => {
      subscription.unsubscribe();
      feed.stop();
    },
  };
}
