export { wasmDriver } from './wasm-driver.js';
export { WasmDriverError, type WasmDriverErrorCode } from './wasm-driver-error.js';
export { wasmOptionsSchema, type WasmOptions } from './wasm-options.js';
