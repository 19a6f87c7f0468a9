export { workerDriver } from './worker-driver.js';
export { WorkerDriverError, type WorkerDriverErrorCode } from './worker-driver-error.js';
export { workerOptionsSchema, type WorkerOptions } from './worker-options.js';
