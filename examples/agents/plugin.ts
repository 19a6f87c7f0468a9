import { Host, Memory } from '@extism/as-pdk';
import { error_set } from '@extism/as-pdk/lib/env';

/** Answers a request. (The kit's own `outputString` counts characters where bytes are meant.) */
export function answer(text: string): i32 {
  Host.output(Uint8Array.wrap(String.UTF8.encode(text)));
  return 0;
}

/** Fails a request with a reason. */
export function refuse(reason: string): i32 {
  error_set(Memory.allocateString(reason).offset);
  return 1;
}

/** What AssemblyScript calls when it cannot go on: the call ends in a trap. */
export function abort(_message: string | null, _file: string | null, _line: u32, _column: u32): void {
  unreachable();
}
