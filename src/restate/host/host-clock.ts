/** A moment, by both clocks of this machine. */
export interface HostMoment {
  readonly monotonic: number;
  readonly wall: number;
}

export function momentNow(): HostMoment {
  return { monotonic: performance.now(), wall: Date.now() };
}

/**
 * Milliseconds since a moment, by whichever clock says more: the one stands still while the machine sleeps, the other may
 * be set back. A lease that is taken to be older than it is does no harm.
 */
export function elapsedSince(moment: HostMoment): number {
  const now = momentNow();
  return Math.max(now.monotonic - moment.monotonic, now.wall - moment.wall);
}
