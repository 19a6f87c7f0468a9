import type { AgentOutput } from '../../../../src/host/agent-driver.js';
import type { AgentHost } from '../../../../src/host/agent-host.js';
import type { AgentReport } from '../../../../src/host/agent/incarnation.js';
import type { StartReport } from '../../../../src/host/supervision/phases.js';
import { jsonLog } from './json-log.js';
import type { StopStep } from './stop-signals.js';
import { textLog } from './text-log.js';

/** What a host that runs tells whoever watches its output. */
export interface HostLog {
  /** Follows the agents that the host has and will have. */
  watch(host: AgentHost): void;
  serving(names: readonly string[], url: string): void;
  /** Where the Stately inspector's relay listens. */
  inspecting(url: string): void;
  /** Of the agents that did not come up. */
  notStarted(report: StartReport & { readonly error: Error }): void;
  stopping(signal: NodeJS.Signals, step: StopStep): void;
  left(report: AgentReport): void;
  /** Of agents that are kept, and that the config no longer names. */
  leftOut(names: readonly string[]): void;
  /** Of an agent that goes on in a newer version than the config has. */
  keptNewer(name: string, versions: { readonly kept: number; readonly configured: number }): void;
  /** Of what an agent has printed. */
  output(agent: string, output: AgentOutput): void;
  /** @param source an agent's name, or the server */
  failure(source: string, error: unknown): void;
}

export const LOG_FORMATS = ['text', 'json'] as const;

export type LogFormat = (typeof LOG_FORMATS)[number];

export function hostLog(format: LogFormat): HostLog {
  return format === 'json' ? jsonLog(process.stdout) : textLog(process.stdout);
}
