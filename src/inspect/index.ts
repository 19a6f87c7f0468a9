export { InspectError, type InspectErrorCode } from './inspect-error.js';
export { inspectHost, type HostInspection } from './inspect-host.js';
export type { InspectOptions, Inspector } from './inspect-options.js';
export { inspectWith, type InspectionFeed, type InspectionStats } from './inspect-with.js';
export type { InspectedActor, InspectedEvent, InspectedSnapshot } from './inspected-event.js';
