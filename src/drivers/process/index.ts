export { ChildGroupError, type ChildGroupErrorCode } from '../child/child-group-error.js';
export { processDriver } from './process-driver.js';
export { ProcessDriverError, type ProcessDriverErrorCode } from './process-driver-error.js';
export { processOptionsSchema, type ProcessOptions } from './process-options.js';
export { findProgram, type Command } from '../child/find-command.js';
