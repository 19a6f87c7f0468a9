export { agentLifecycleMachine } from '../machines/agent-lifecycle.machine.js';
export type {
  AgentFinalState,
  AgentLifecycleState,
  AgentOperation,
} from '../machines/agent-lifecycle.states.js';
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

export { accepts } from './domain/accepts.js';
export { AgentId } from './domain/agent-id.js';
export { AgentLifecycle, type AgentLifecycleJSON } from './domain/agent-lifecycle.js';
export {
  AGENT_LIFECYCLE_STATES,
  canDrain,
  canStart,
  canStop,
  canTransitionTo,
  isActive,
  isTerminal,
  validTransitions,
} from './domain/agent-lifecycle-state.js';
export { AgentName } from './domain/agent-name.js';
export { AgentVersion } from './domain/agent-version.js';
export { DrainTimeout } from './domain/drain-timeout.js';
export { FailureReason } from './domain/failure-reason.js';
export { InvalidValueError } from './domain/invalid-value-error.js';
export {
  LifecycleOperationResult,
  type LifecycleOperationResultJSON,
} from './domain/lifecycle-operation-result.js';
export { PendingRequestCount } from './domain/pending-request-count.js';
export type {
  IncarnationEnd,
  RestartDecision,
  RestartPolicy,
  RestartPolicyInput,
} from './domain/restart-policy.js';
export {
  StateTransitionError,
  type StateTransitionErrorCode,
  type StateTransitionErrorDetail,
} from './domain/state-transition-error.js';
export { TransitionTimeout } from './domain/transition-timeout.js';
export type { SafeParseResult, ValueType } from './domain/value-type.js';
export { VersionNumber } from './domain/version-number.js';

export {
  createFleet,
  type Fleet,
  type FleetEvent,
  type FleetListener,
  type FleetOptions,
  type OperationEvent,
} from './fleet/fleet.js';
export { FleetError, type FleetErrorCode, type FleetErrorDetail } from './fleet/fleet-error.js';

export type { Agent, AgentListener } from './host/agent.js';
export type { AgentGoal } from './host/agent-goal.js';
export type { AgentPast, HostMemory } from './host/host-memory.js';
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
export type { Clock } from './host/clock.js';
export type { CommandAnswer } from './host/command-answer.js';
export type { DrainReport } from './host/drain-report.js';
export type { AgentHealth } from './host/health.js';
export type { AgentReport, DrainAnswer, RunningTimer } from './host/incarnation.js';
export type { AgentOccurrence, JournalEntry } from './host/journal.js';
export type { Lease, LeaseAccount, RequestTrace } from './host/lease-table.js';
export type { PhaseOptions } from './host/phase-options.js';
export type { StartReport } from './host/phases.js';
export { RequestError, type RequestErrorCode } from './host/request-error.js';
export type { SwapAnswer, SwapSpec, SwapUnderWay } from './host/rolling-swap.js';
export type { Supervision } from './host/supervisor.js';
