import { millisecondType } from './millisecond-type.js';

/** How long a drain waits for the requests in flight: 5 seconds to 10 minutes, 1 minute by default. */
export const DrainTimeout = millisecondType('DrainTimeout', { min: 5_000, max: 600_000, default: 60_000 });

export type DrainTimeout = typeof DrainTimeout.default;
