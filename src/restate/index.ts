export type { AgentStatus } from './wire/agent-status.js';
export {
  DistributedError,
  type DistributedErrorCode,
  type DistributedErrorDetail,
} from './wire/distributed-error.js';
export {
  createLifecycleClient,
  type CallOptions,
  type RestateCommandResult,
  type HostedSpec,
  type LifecycleClient,
  type LifecycleCommand,
} from './client/lifecycle-client.js';
export type { ObjectJournalEntry } from './wire/object-journal-entry.js';
export type { LifecycleObjectsOptions } from './object/object-options.js';
export type { IngressOptions } from './client/agent-ingress.js';
export {
  serveRestate,
  type CloseReport,
  type RestateServer,
  type ServeRestateOptions,
} from './serve-restate.js';
export { hostName } from './wire/hosted-spec.js';
