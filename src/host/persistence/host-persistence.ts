import type { Agent } from '../agent/agent.js';
import type { PersistedAgent } from './persisted-agent.js';

/** What a host does not forget when its process ends. None of its methods throws, save the first two. */
export interface HostPersistence {
  /** Called before an agent is admitted. @throws {InvalidValueError} for options that would be others when it is back */
  assertSerializable(options: unknown): void;
  /** Null for an agent that is new. @throws when it cannot be read */
  load(name: string): PersistedAgent | null;
  /** Called before whoever had something happen to an agent has an answer. */
  save(agent: Agent): void;
  /** Called when something has happened that nobody relies on: it may be kept a little later. */
  saveLater(agent: Agent): void;
  /** Deletes what is stored of an agent. */
  delete(name: string): void;
}
