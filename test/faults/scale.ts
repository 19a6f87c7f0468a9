/** `npm run test:soak` runs the faults at their full length, CI a short form of each. */
export const isSoak = process.env['SOAK'] === '1';

export function scaled(full: number, short: number): number {
  return isSoak ? full : short;
}
