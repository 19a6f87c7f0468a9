import { millisecondType } from './millisecond-type.js';

/** How long one operation of the lifecycle may take: 1 second to 5 minutes, 30 seconds by default. */
export const TransitionTimeout = millisecondType('TransitionTimeout', {
  min: 1_000,
  max: 300_000,
  default: 30_000,
});

export type TransitionTimeout = typeof TransitionTimeout.default;
