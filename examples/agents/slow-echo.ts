import { Host } from '@extism/as-pdk';
import { answer, refuse } from './plugin';

@external('wasi_snapshot_preview1', 'clock_time_get')
declare function clock_time_get(clock: i32, precision: i64, time: usize): i32;

const MONOTONIC = 1;
const NANOSECONDS_PER_MILLISECOND: u64 = 1_000_000;
const time = memory.data(8);

/** Spins for the milliseconds that the request begins with, then answers the request itself. */
export function handle(): i32 {
  const text = Host.inputString();
  const milliseconds = parseInt(text, 10);
  if (isNaN(milliseconds) || milliseconds < 0) {
    return refuse('expected a request that begins with a number of milliseconds');
  }
  const end = now() + (milliseconds as u64) * NANOSECONDS_PER_MILLISECOND;
  while (now() < end) {}
  return answer(text);
}

function now(): u64 {
  clock_time_get(MONOTONIC, 0, time);
  return load<u64>(time);
}
