export { checkLifecycle, type CheckOptions, type CheckResult } from './check-lifecycle.js';
export { ConformanceError, type Deviation } from './conformance-error.js';
export { coverageOf, type Coverage, type LifecycleCoverage } from './paths/coverage.js';
export {
  describeDriver,
  type DescribeDriverOptions,
  type DriverBehaviour,
  type DriverExchange,
  type DriverFixture,
} from './contracts/describe-driver.js';
export { describeLifecycle, type DescribeLifecycleOptions } from './describe-lifecycle.js';
export {
  describeSnapshotStore,
  type DescribeSnapshotStoreOptions,
  type SnapshotStoreFixture,
} from './contracts/describe-snapshot-store.js';
export {
  lifecyclePaths,
  PATH_COVERS,
  type ExpectedStep,
  type LifecyclePath,
  type LifecyclePathsOptions,
  type PathCover,
} from './paths/lifecycle-paths.js';
export {
  stepName,
  type HostEvent,
  type LifecycleStep,
  type LifecycleView,
  type OperationOutcome,
  type SendResult,
  type StepResult,
} from './lifecycle-step.js';
export {
  IDENTITY,
  type Awaitable,
  type CreateSubject,
  type LifecycleSubject,
  type Observation,
  type SubjectInput,
} from './lifecycle-subject.js';
export { runPath } from './run-path.js';
export { SteppedClock, type SteppedTimer } from './stepped-clock.js';
export { hostSubject } from './subjects/host-subject.js';
export { machineSubject } from './subjects/machine-subject.js';
export type { RegisterTest, TestRunner } from './test-runner.js';
