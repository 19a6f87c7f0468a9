import type { AgentLifecycleState } from '../../values/lifecycle-states.js';
import { TypedError, type DetailOf, type MessagesOf } from '../../values/typed-error.js';

interface Details {
  NodeTooOld: { readonly expected: string; readonly received: string };
  /** Nobody answers, or does not in time, or no longer. */
  Unreachable: { readonly url: string; readonly reason: string };
  /** Somebody answers, and not as Restate does. */
  NotRestate: { readonly url: string; readonly status: number };
  /** Restate does not take the services: it cannot reach them, or they do not fit those that it knows. */
  RegistrationRefused: { readonly url: string; readonly reason: string };
  /** Restate answers, and knows no agents: nobody has registered their services there. */
  NotRegistered: { readonly url: string };
  InvalidMessage: { readonly path: string; readonly problem: string };
  UnknownAgent: { readonly agent: string };
  AgentExists: { readonly agent: string; readonly state: AgentLifecycleState; readonly generation: number };
  /** An event of requests was sent to the agent's object: only the host that serves an agent counts its requests. */
  RequestsCountedByHost: { readonly event: string };
  WaitTimedOut: { readonly agent: string; readonly tag: string; readonly timeoutMs: number };
  AgentEnded: { readonly agent: string; readonly state: AgentLifecycleState; readonly reason: string | null };
  NoLease: { readonly agent: string; readonly generation: number };
  NotHostedHere: { readonly agent: string; readonly host: string };
}

const messages: MessagesOf<Details> = {
  NodeTooOld: ({ expected, received }) => `Restate's SDK needs ${expected}, received ${received}`,
  Unreachable: ({ url, reason }) => `No Restate server answers at ${url}: ${reason}`,
  NotRestate: ({ url, status }) => `What answers at ${url}, with ${status}, is no Restate server`,
  RegistrationRefused: ({ url, reason }) => `Restate does not take the services at ${url}: ${reason}`,
  NotRegistered: ({ url }) => `Restate at ${url} knows no agents: serve them first`,
  InvalidMessage: ({ path, problem }) => `${path || 'the message'}: ${problem}`,
  UnknownAgent: ({ agent }) => `No agent is named ${JSON.stringify(agent)}`,
  AgentExists: ({ agent, state }) =>
    `An agent named ${JSON.stringify(agent)} exists and has not ended: it is ${state}`,
  RequestsCountedByHost: ({ event }) => `${event}: the requests of an agent are counted by its host`,
  WaitTimedOut: ({ agent, tag, timeoutMs }) =>
    `${JSON.stringify(agent)} was not ${tag} within ${timeoutMs} ms`,
  AgentEnded: ({ agent, state, reason }) =>
    `${JSON.stringify(agent)} has ended: it is ${state}${reason === null ? '' : `, ${reason}`}`,
  NoLease: ({ agent }) => `This host holds no lease on ${JSON.stringify(agent)} now`,
  NotHostedHere: ({ agent, host }) => `The host ${host} does not run ${JSON.stringify(agent)}`,
};

/** Which kind of error it is. */
export type DistributedErrorCode = keyof Details;

/** A code with the fields that belong to it. */
export type DistributedErrorDetail = DetailOf<Details>;

/** What the distributed tier cannot carry out. `code` says why; what belongs to it is in `detail`. */
export class DistributedError extends TypedError<Details> {
  static override readonly brand: string = 'DistributedError';
  override readonly name = 'DistributedError';

  constructor(detail: DistributedErrorDetail, options?: ErrorOptions) {
    super(messages, detail, options);
  }
}
