export { checkLifecycle, type CheckOptions, type CheckResult } from './check-lifecycle.js';
export { ConformanceError, type Deviation } from './conformance-error.js';
export { coverageOf, type Coverage, type LifecycleCoverage } from './coverage.js';
export {
  describeDriver,
  type DescribeDriverOptions,
  type DriverBehaviour,
  type DriverFixture,
} from './describe-driver.js';
export { describeLifecycle, type DescribeLifecycleOptions } from './describe-lifecycle.js';
export {
  describeSnapshotStore,
  type DescribeSnapshotStoreOptions,
  type SnapshotStoreFixture,
} from './describe-snapshot-store.js';
export {
  lifecyclePaths,
  type ExpectedStep,
  type LifecyclePath,
  type LifecyclePathsOptions,
  type PathCover,
} from './lifecycle-paths.js';
export type {
  HostEvent,
  LifecycleStep,
  LifecycleView,
  OperationOutcome,
  SendResult,
  StepResult,
} from './lifecycle-step.js';
export type { CreateSubject, LifecycleSubject, Observation, SubjectInput } from './lifecycle-subject.js';
export { runPath } from './run-path.js';
export { SteppedClock } from './stepped-clock.js';
export { hostSubject } from './subjects/host-subject.js';
export { machineSubject } from './subjects/machine-subject.js';
export type { TestRunner } from './test-runner.js';
