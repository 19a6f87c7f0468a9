export { ChildGroupError, type ChildGroupErrorCode } from '../child/child-group-error.js';
export { mcpDriver } from './mcp-driver.js';
export { McpDriverError, type McpDriverErrorCode } from './mcp-driver-error.js';
export { mcpOptionsSchema, type McpOptions } from './mcp-options.js';
