import type { AgentLifecycleState } from '../../machines/agent-lifecycle.states.js';

interface Details {
  UnknownAgent: { readonly agent: string };
  UnknownDriver: { readonly driver: string; readonly known: readonly string[] };
  AgentExists: { readonly agent: string; readonly state: AgentLifecycleState };
  HostShutDown: object;
}

const messages: { readonly [Code in keyof Details]: (detail: Details[Code]) => string } = {
  UnknownAgent: ({ agent }) => `No agent is named ${JSON.stringify(agent)}`,
  UnknownDriver: ({ driver, known }) =>
    `No driver is named ${JSON.stringify(driver)}: expected one of ${known.join(', ') || '(none)'}`,
  AgentExists: ({ agent, state }) =>
    `An agent named ${JSON.stringify(agent)} exists and has not ended: it is ${state}`,
  HostShutDown: () => 'The host is shutting down',
};

export type AgentHostErrorCode = keyof Details;

export type AgentHostErrorDetail = {
  [Code in AgentHostErrorCode]: { readonly code: Code } & Details[Code];
}[AgentHostErrorCode];

/** A call that a host cannot carry out. `code` says why; what belongs to it is in `detail`. */
export class AgentHostError extends Error {
  override readonly name = 'AgentHostError';
  readonly code: AgentHostErrorCode;
  readonly detail: AgentHostErrorDetail;

  constructor(detail: AgentHostErrorDetail) {
    const message = messages[detail.code] as (detail: AgentHostErrorDetail) => string;
    super(message(detail));
    this.code = detail.code;
    this.detail = detail;
  }
}
