import type { Subscription } from 'xstate';
import { Agent, type AgentListener, type AgentReport } from './agent.js';
import type { AgentDriverFactory } from './agent-driver.js';
import { AgentHostError } from './agent-host-error.js';
import { resolveAgentSpec, type AgentSpec } from './agent-spec.js';
import { realTime, type Clock } from './clock.js';
import { Listeners } from './listeners.js';

export interface AgentHostOptions {
  /** The kinds of agents that this host can run, by the name that a spec calls them. */
  readonly drivers: Readonly<Record<string, AgentDriverFactory>>;
  /** Keeps every deadline of the lifecycles; the real time by default. A driver may have its own. */
  readonly clock?: Clock;
  /**
   * Told what concerns no agent's lifecycle: an error of a listener, or of a driver's dispose. Such an error is
   * ignored by default.
   */
  readonly onError?: (error: unknown, agent: Agent) => void;
}

export interface AgentHost {
  /** The agents, one for each name, in the order of their first deployment. */
  readonly agents: readonly Agent[];
  /** Whether `shutdown` has been called. */
  readonly isShuttingDown: boolean;
  /** @throws {AgentHostError} `UnknownAgent` */
  agent(name: string): Agent;
  /**
   * Deploys an agent, unloaded. Under the name of one that has ended it is the next generation of that.
   *
   * @throws {AgentHostError} `UnknownDriver`, `AgentExists`, `HostShutDown`
   * @throws {InvalidValueError} for a spec that is not what it should be, and what the driver's factory throws
   */
  deploy(spec: AgentSpec): Agent;
  /** Brings an agent down and forgets it, its generation too. @throws {AgentHostError} `UnknownAgent` */
  remove(name: string): Promise<AgentReport>;
  /** Hears every agent's transitions and refusals, whatever its generation. */
  subscribe(listener: AgentListener): Subscription;
  /**
   * Drains all agents, side by side, and deploys no more. With `force`, also as a second call, it waits for no
   * request. It always ends, as each of its steps has its deadline.
   */
  shutdown(options?: { force?: boolean }): Promise<readonly AgentReport[]>;
}

/** A host of agents: one lifecycle actor for each, whose operations its driver carries out. */
export function createAgentHost({
  drivers,
  clock = realTime,
  onError = () => undefined,
}: AgentHostOptions): AgentHost {
  const agents = new Map<string, Agent>();
  const listeners = new Listeners<Parameters<AgentListener>>();
  /** Earlier generations whose end is under way. */
  const leaving = new Set<Promise<unknown>>();
  let isShuttingDown = false;

  const find = (name: string): Agent => {
    const found = agents.get(name);
    if (found === undefined) throw new AgentHostError({ code: 'UnknownAgent', agent: name });
    return found;
  };

  return {
    get agents() {
      return [...agents.values()];
    },
    get isShuttingDown() {
      return isShuttingDown;
    },
    agent: find,
    deploy: (given) => {
      if (isShuttingDown) throw new AgentHostError({ code: 'HostShutDown' });
      const spec = resolveAgentSpec(given);
      const existing = agents.get(spec.name);
      if (existing !== undefined && !existing.hasEnded) {
        throw new AgentHostError({ code: 'AgentExists', agent: spec.name, state: existing.state });
      }
      const createDriver = Object.hasOwn(drivers, spec.driver) ? drivers[spec.driver] : undefined;
      if (createDriver === undefined) {
        throw new AgentHostError({ code: 'UnknownDriver', driver: spec.driver, known: Object.keys(drivers) });
      }
      if (existing !== undefined) {
        const left = existing.bringDown().finally(() => leaving.delete(left));
        leaving.add(left);
      }
      const generation = (existing?.generation ?? 0) + 1;
      const agent = new Agent({ spec, generation, createDriver, clock, onError });
      agent.subscribe((event) => {
        listeners.notify(
          (error) => {
            onError(error, agent);
          },
          event,
          agent,
        );
      });
      agents.set(spec.name, agent);
      return agent;
    },
    remove: async (name) => {
      const agent = find(name);
      const report = await agent.bringDown();
      if (agents.get(name) === agent) agents.delete(name);
      return report;
    },
    subscribe: (listener) => listeners.add(listener),
    shutdown: async (options) => {
      isShuttingDown = true;
      const reports = await Promise.all([...agents.values()].map((agent) => agent.bringDown(options)));
      await Promise.all(leaving);
      return reports;
    },
  };
}
