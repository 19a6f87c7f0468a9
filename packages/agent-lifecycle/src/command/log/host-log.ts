import type { AgentHost, AgentOutput, AgentReport, StartReport } from 'xstate-agent-lifecycle';
import { jsonLog } from './json-log.js';
import type { StopStep } from '../stop-signals.js';
import { textLog } from './text-log.js';

/** The log of a host that runs. */
export interface HostLog {
  /** Logs what happens to the agents of the host, present and future. */
  watch(host: AgentHost): void;
  serving(names: readonly string[], url: string): void;
  /** Where the Stately inspector's relay listens. */
  inspecting(url: string): void;
  /** An agent did not start. */
  notStarted(report: StartReport & { readonly error: Error }): void;
  stopping(signal: NodeJS.Signals, step: StopStep): void;
  left(report: AgentReport): void;
  /** Kept agents are not in the config any more. */
  leftOut(names: readonly string[]): void;
  /** An agent continues in a newer version than the one in the config. */
  keptNewer(name: string, versions: { readonly kept: number; readonly configured: number }): void;
  /** An agent printed something. */
  output(agent: string, output: AgentOutput): void;
  /** @param source an agent's name, or the server */
  failure(source: string, error: unknown): void;
}

export const LOG_FORMATS = ['text', 'json'] as const;

export type LogFormat = (typeof LOG_FORMATS)[number];

export function hostLog(format: LogFormat): HostLog {
  return format === 'json' ? jsonLog(process.stdout) : textLog(process.stdout);
}
