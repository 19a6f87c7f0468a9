export { agentLifecycleChart, agentLifecycleMachine } from '../machines/agent-lifecycle.machine.js';
export type { AgentLifecycleActorRef, AgentLifecycleSnapshot } from '../machines/agent-lifecycle.machine.js';
export type { LifecycleChart, LifecycleDelay } from '../machines/lifecycle-chart.js';
export type { AgentFinalState, AgentLifecycleState, AgentOperation } from './values/lifecycle-states.js';
export type {
  AgentLifecycleContext,
  AgentLifecycleEmitted,
  AgentLifecycleEvent,
  AgentLifecycleEventType,
  AgentLifecycleMachineInput,
  AgentLifecycleOutput,
  AgentLifecycleTag,
  AgentOperationInput,
  LifecycleRejected,
  LifecycleTransitioned,
} from '../machines/agent-lifecycle.types.js';

export type { AgentIdentity, AgentLifecycleInput } from './values/agent-lifecycle-input.js';

export { agentSupervisorMachine } from '../machines/agent-supervisor.machine.js';
export type {
  AgentSupervisorContext,
  AgentSupervisorEmitted,
  AgentSupervisorEvent,
  AgentSupervisorInput,
  AgentSupervisorTag,
  InstanceEnded,
} from '../machines/agent-supervisor.types.js';

export { accelerate } from './accelerate/accelerate.js';

export { accepts } from './chart/accepts.js';
export { statePath, topState } from './chart/state-path.js';
export { TypedError, type DetailOf, type MessagesOf, type ProblemOf } from './values/typed-error.js';
export { AgentId } from './values/agent-id.js';
export {
  AgentLifecycle,
  type AgentLifecycleFields,
  type AgentLifecycleJSON,
} from './record/agent-lifecycle.js';
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
export { assertKnownKeys } from './values/assert-known-keys.js';
export { AgentVersion } from './values/agent-version.js';
export { Capacity } from './values/capacity.js';
export { DrainTimeout } from './values/drain-timeout.js';
export { FailureReason } from './values/failure-reason.js';
export { InvalidValueError } from './values/invalid-value-error.js';
export {
  LifecycleOperationResult,
  type LifecycleOperationResultJSON,
} from './record/lifecycle-operation-result.js';
export {
  loadPackage,
  MissingPackageError,
  type MissingPackageErrorDetail,
} from './values/missing-package-error.js';
export { PendingRequestCount } from './values/pending-request-count.js';
export {
  restartPolicySchema,
  type InstanceEnd,
  type RestartDecision,
  type RestartPolicy,
  type RestartPolicyInput,
} from './values/restart-policy.js';
export {
  StateTransitionError,
  type StateTransitionErrorCode,
  type StateTransitionErrorDetail,
} from './values/state-transition-error.js';
export type { MillisecondType } from './values/millisecond-type.js';
export { TransitionTimeout } from './values/transition-timeout.js';
export type { SafeParseResult, ValueType } from './values/value-type.js';
export { VersionNumber } from './values/version-number.js';

export {
  functionDriver,
  type FunctionAgent,
  type FunctionHandle,
} from './drivers/function/function-driver.js';
export type { Agent, AgentListener } from './host/agent/agent.js';
export type { DesiredAgentState } from './host/persistence/desired-state.js';
export type { HostPersistence } from './host/persistence/host-persistence.js';
export type { PersistedAgent, RestoreActor } from './host/persistence/persisted-agent.js';
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
  type RequestEndListener,
} from './host/agent-host.js';
export {
  AgentHostError,
  type AgentHostErrorCode,
  type AgentHostErrorDetail,
} from './host/agent-host-error.js';
export type { AgentSpec, ResolvedAgentSpec } from './host/agent-spec.js';
export type { RequestLimits, ResolvedRequestLimits } from './host/requests/request-limits.js';
export type { Clock } from './util/clock.js';
export type { CommandResult } from './host/agent/command-result.js';
export type { DrainReport } from './host/requests/drain-report.js';
export { healthOf, type AgentHealth } from './host/supervision/health.js';
export type { AgentReport, DrainResult, RunningTimer } from './host/agent/agent-report.js';
export type { AgentOccurrence, Journal, JournalEntry, JournalPast } from './host/journal.js';
export type { Lease, LeaseAccount, RequestTrace } from './host/requests/lease-table.js';
export { dependencyPhases, type Dependent } from './host/supervision/dependency-order.js';
export type { PhaseOptions } from './host/supervision/phase-options.js';
export type { StartReport } from './host/supervision/phases.js';
export type { RequestCounts, RequestEnd, RequestOptions } from './host/requests/agent-request.js';
export { HandedOver, type RequestCall } from './host/requests/request-call.js';
export {
  RequestError,
  type RequestErrorCode,
  type RequestErrorOptions,
} from './host/requests/request-error.js';
export type { JsonValue } from './values/json-value.js';
export type { SwapResult, SwapSpec, SwapUnderWay } from './host/supervision/rolling-swap.js';
export type { Supervision } from './host/supervision/supervise-step.js';
