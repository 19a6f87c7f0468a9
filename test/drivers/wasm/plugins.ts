import wabt from 'wabt';

const toolkit = await wabt();

/** A module in the text format, as bytes. */
export function wasm(wat: string): Uint8Array {
  const module = toolkit.parseWat('plugin.wat', wat);
  try {
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}

const LOOP_FOREVER = '(loop $again (br $again))';
const ENV = 'extism:host/env';

/** Answers with the byte `1`. */
export const ANSWERS = wasm(`(module
  (import "${ENV}" "alloc" (func $alloc (param i64) (result i64)))
  (import "${ENV}" "store_u8" (func $store (param i64 i32)))
  (import "${ENV}" "output_set" (func $output (param i64 i64)))
  (memory (export "memory") 1)
  (func (export "handle") (result i32)
    (local $at i64)
    (local.set $at (call $alloc (i64.const 1)))
    (call $store (local.get $at) (i32.const 49))
    (call $output (local.get $at) (i64.const 1))
    (i32.const 0)))`);

/** Answers how often it was called since it was instantiated, as a digit. */
export const COUNTS = wasm(`(module
  (import "${ENV}" "alloc" (func $alloc (param i64) (result i64)))
  (import "${ENV}" "store_u8" (func $store (param i64 i32)))
  (import "${ENV}" "output_set" (func $output (param i64 i64)))
  (import "${ENV}" "input_length" (func $length (result i64)))
  (memory (export "memory") 1)
  (global $calls (mut i32) (i32.const 48))
  (func (export "start") (result i32)
    (global.set $calls (i32.const 64))
    (i32.const 0))
  (func (export "handle") (result i32)
    (local $at i64)
    (if (i64.gt_u (call $length) (i64.const 9)) (then ${LOOP_FOREVER}))
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (local.set $at (call $alloc (i64.const 1)))
    (call $store (local.get $at) (global.get $calls))
    (call $output (local.get $at) (i64.const 1))
    (i32.const 0)))`);

/** Loops for ever in a request. */
export const LOOPS_IN_REQUEST = wasm(`(module (func (export "handle") ${LOOP_FOREVER}))`);

/** Loops for ever while it is instantiated. */
export const LOOPS_IN_INSTANTIATION = wasm(
  `(module (func $start ${LOOP_FOREVER}) (start $start) (func (export "handle")))`,
);

/** Loops for ever when the agent starts. */
export const LOOPS_IN_START = wasm(
  `(module (func (export "start") ${LOOP_FOREVER}) (func (export "handle")))`,
);

/** Loops for ever when the agent stops. */
export const LOOPS_IN_STOP = wasm(`(module (func (export "stop") ${LOOP_FOREVER}) (func (export "handle")))`);

/** Traps in a request. */
export const TRAPS = wasm('(module (func (export "handle") unreachable))');

/** Wants what its host does not give it. */
export const MISSING_IMPORT = wasm(
  '(module (import "env" "launch" (func $launch)) (func (export "handle") (call $launch)))',
);

/** Answers no requests. */
export const NO_ENTRYPOINT = wasm('(module (func (export "other")))');

/** Begins with 1 000 pages of memory, 62.5 MiB. */
export const LARGE_MEMORY = wasm('(module (memory 1000) (func (export "handle")))');

/** Grows its memory until it can no more, then traps. */
export const GROWS = wasm(`(module
  (memory (export "memory") 1)
  (func (export "handle")
    (loop $again
      (br_if $again (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    unreachable))`);

/** Has its host allocate for ever. */
export const ALLOCATES = wasm(`(module
  (import "${ENV}" "alloc" (func $alloc (param i64) (result i64)))
  (memory (export "memory") 1)
  (func (export "handle")
    (loop $again (drop (call $alloc (i64.const 65536))) (br $again))))`);

/** Answers the request before this one, which it keeps in a variable. */
export const VARIES = wasm(`(module
  (import "${ENV}" "alloc" (func $alloc (param i64) (result i64)))
  (import "${ENV}" "store_u8" (func $store (param i64 i32)))
  (import "${ENV}" "length" (func $size (param i64) (result i64)))
  (import "${ENV}" "output_set" (func $output (param i64 i64)))
  (import "${ENV}" "input_offset" (func $input (result i64)))
  (import "${ENV}" "var_get" (func $get (param i64) (result i64)))
  (import "${ENV}" "var_set" (func $set (param i64 i64)))
  (memory (export "memory") 1)
  (func (export "handle") (result i32)
    (local $key i64) (local $before i64)
    (local.set $key (call $alloc (i64.const 1)))
    (call $store (local.get $key) (i32.const 107))
    (local.set $before (call $get (local.get $key)))
    (call $set (local.get $key) (call $input))
    (if (i64.ne (local.get $before) (i64.const 0))
      (then (call $output (local.get $before) (call $size (local.get $before)))))
    (i32.const 0)))`);

/** Makes the HTTP request that it is given, and answers its answer. */
export const REQUESTS_HTTP = wasm(`(module
  (import "${ENV}" "length" (func $size (param i64) (result i64)))
  (import "${ENV}" "output_set" (func $output (param i64 i64)))
  (import "${ENV}" "input_offset" (func $input (result i64)))
  (import "${ENV}" "http_request" (func $http (param i64 i64) (result i64)))
  (memory (export "memory") 1)
  (func (export "handle") (result i32)
    (local $answer i64)
    (local.set $answer (call $http (call $input) (i64.const 0)))
    (if (i64.ne (local.get $answer) (i64.const 0))
      (then (call $output (local.get $answer) (call $size (local.get $answer)))))
    (i32.const 0)))`);

/** Sleeps in WASI for an hour, and answers what came of that, as a character. */
export const SLEEPS = wasm(`(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "${ENV}" "alloc" (func $alloc (param i64) (result i64)))
  (import "${ENV}" "store_u8" (func $store (param i64 i32)))
  (import "${ENV}" "output_set" (func $output (param i64 i64)))
  (memory (export "memory") 1)
  (func (export "handle") (result i32)
    (local $at i64)
    (i64.store (i32.const 24) (i64.const 3600000000000))
    (local.set $at (call $alloc (i64.const 1)))
    (call $store (local.get $at) (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)))
    (call $output (local.get $at) (i64.const 1))
    (i32.const 0)))`);

/** Grows a table until it can no more, then traps. */
export const GROWS_TABLE = wasm(`(module
  (table $table 1 funcref)
  (func (export "handle")
    (loop $again
      (br_if $again (i32.ne (table.grow $table (ref.null func) (i32.const 1000)) (i32.const -1))))
    unreachable))`);

/** Loops for ever in a request that has bytes, and has a stop function. */
export const LOOPS_AND_STOPS = wasm(`(module
  (import "${ENV}" "input_length" (func $length (result i64)))
  (func (export "stop"))
  (func (export "handle")
    (if (i64.gt_u (call $length) (i64.const 0)) (then ${LOOP_FOREVER}))))`);

/** Answers what it was asked. */
export const ECHOES = wasm(`(module
  (import "${ENV}" "input_offset" (func $input (result i64)))
  (import "${ENV}" "input_length" (func $length (result i64)))
  (import "${ENV}" "output_set" (func $output (param i64 i64)))
  (func (export "handle") (result i32)
    (call $output (call $input) (call $length))
    (i32.const 0)))`);

/** Traps when the agent starts. */
export const FAILS_TO_START = wasm('(module (func (export "start") unreachable) (func (export "handle")))');
