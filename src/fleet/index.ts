export {
  createFleet,
  type Fleet,
  type FleetEvent,
  type FleetListener,
  type FleetOptions,
  type OperationEvent,
} from './fleet.js';
export { FleetError, type FleetErrorCode, type FleetErrorDetail } from './fleet-error.js';
