export { agentLifecycleMachine } from '../machines/agent-lifecycle.machine.js';
export type { AgentFinalState, AgentLifecycleState, AgentOperation } from './values/lifecycle-states.js';
export type {
  AgentIdentity,
  AgentLifecycleContext,
  AgentLifecycleEmitted,
  AgentLifecycleEvent,
  AgentLifecycleEventType,
  AgentLifecycleInput,
  AgentLifecycleOutput,
  AgentLifecycleTag,
  AgentOperationInput,
  LifecycleRejected,
  LifecycleTransitioned,
} from '../machines/agent-lifecycle.types.js';

export { agentSupervisorMachine } from '../machines/agent-supervisor.machine.js';
export type {
  AgentSupervisorContext,
  AgentSupervisorEmitted,
  AgentSupervisorEvent,
  AgentSupervisorInput,
  AgentSupervisorTag,
} from '../machines/agent-supervisor.types.js';

export { accelerate } from './accelerate/accelerate.js';

export { accepts } from './chart/accepts.js';
export { AgentId } from './values/agent-id.js';
export { AgentLifecycle, type AgentLifecycleJSON } from './record/agent-lifecycle.js';
export {
  AGENT_LIFECYCLE_STATES,
  canDrain,
  canStart,
  canStop,
  canTransitionTo,
  isActive,
  isTerminal,
  validTransitions,
} from './chart/state-predicates.js';
export { AgentName } from './values/agent-name.js';
export { AgentVersion } from './values/agent-version.js';
export { DrainTimeout } from './values/drain-timeout.js';
export { FailureReason } from './values/failure-reason.js';
export { InvalidValueError } from './values/invalid-value-error.js';
export {
  LifecycleOperationResult,
  type LifecycleOperationResultJSON,
} from './record/lifecycle-operation-result.js';
export { PendingRequestCount } from './values/pending-request-count.js';
export type {
  IncarnationEnd,
  RestartDecision,
  RestartPolicy,
  RestartPolicyInput,
} from './values/restart-policy.js';
export {
  StateTransitionError,
  type StateTransitionErrorCode,
  type StateTransitionErrorDetail,
} from './values/state-transition-error.js';
export { TransitionTimeout } from './values/transition-timeout.js';
export type { SafeParseResult, ValueType } from './values/value-type.js';
export { VersionNumber } from './values/version-number.js';

export {
  createFleet,
  type Fleet,
  type FleetEvent,
  type FleetListener,
  type FleetOptions,
  type OperationEvent,
} from './fleet/fleet.js';
export { FleetError, type FleetErrorCode, type FleetErrorDetail } from './fleet/fleet-error.js';

export type { Agent, AgentListener } from './host/agent/agent.js';
export type { AgentGoal } from './host/persistence/agent-goal.js';
export type { AgentPast, HostMemory } from './host/persistence/host-memory.js';
export type {
  AgentDriver,
  AgentDriverFactory,
  AgentOutput,
  DriverDeployment,
  OperationCall,
} from './host/agent-driver.js';
export {
  createAgentHost,
  type AgentHost,
  type AgentHostOptions,
  type JournalListener,
} from './host/agent-host.js';
export {
  AgentHostError,
  type AgentHostErrorCode,
  type AgentHostErrorDetail,
} from './host/agent-host-error.js';
export type { AgentSpec } from './host/agent-spec.js';
export type { Clock } from './util/clock.js';
export type { CommandAnswer } from './host/agent/command-answer.js';
export type { DrainReport } from './host/agent/drain-report.js';
export type { AgentHealth } from './host/supervision/health.js';
export type { AgentReport, DrainAnswer, RunningTimer } from './host/agent/incarnation.js';
export type { AgentOccurrence, JournalEntry } from './host/journal.js';
export type { Lease, LeaseAccount, RequestTrace } from './host/requests/lease-table.js';
export type { PhaseOptions } from './host/supervision/phase-options.js';
export type { StartReport } from './host/supervision/phases.js';
export { RequestError, type RequestErrorCode } from './host/requests/request-error.js';
export type { SwapAnswer, SwapSpec, SwapUnderWay } from './host/supervision/rolling-swap.js';
export type { Supervision } from './host/supervision/supervisor.js';
