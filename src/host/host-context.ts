import type { Clock } from '../util/clock.js';
import type { Listeners } from '../util/listeners.js';
import type { Agent } from './agent/agent.js';
import type { AgentDriverFactory, AgentOutput } from './agent-driver.js';
import type { AgentSpec } from './agent-spec.js';
import type { LimitSweep } from '../util/limit-sweep.js';
import type { RequestEnd } from './requests/agent-request.js';
import type { Inspection } from './inspection.js';

/** What a host provides to its agents. It outlives each of them, and holds no reference to one that is gone. */
export interface HostContext {
  /** @throws {AgentHostError} `UnknownDriver` */
  readonly driverFor: (spec: AgentSpec) => AgentDriverFactory;
  readonly clock: Clock;
  /** Keeps the limits of all requests. */
  readonly sweep: LimitSweep;
  readonly journalCapacity: number;
  readonly inspection: Inspection;
  /** Those who listen to the ends of all agents' requests. */
  readonly requestListeners: Listeners<[RequestEnd, Agent]>;
  /** Another agent of the host; undefined where none has that name. */
  readonly agentNamed: (name: string) => Agent | undefined;
  /** @throws {InvalidValueError} for a driver that is no name, or options that the host's persistence could not restore as they are */
  readonly assertSerializable: (spec: Pick<AgentSpec, 'driver' | 'options'>) => void;
  /** Called when an agent has changed, while the change is being handled. */
  readonly onChange: (agent: Agent) => void;
  /** Called when the journal of an agent has an entry that changes nothing. */
  readonly onOccurrence: (agent: Agent) => void;
  readonly onOutput: (output: AgentOutput, agent: Agent) => void;
  /** Called with errors of a driver's dispose or of a listener. */
  readonly onError: (error: unknown, agent: Agent) => void;
}
