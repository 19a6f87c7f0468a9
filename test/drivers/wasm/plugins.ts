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

const IMPORTS = `
  (import "${ENV}" "alloc" (func $alloc (param i64) (result i64)))
  (import "${ENV}" "load_u8" (func $load (param i64) (result i32)))
  (import "${ENV}" "store_u8" (func $store (param i64 i32)))
  (import "${ENV}" "length" (func $size (param i64) (result i64)))
  (import "${ENV}" "output_set" (func $output (param i64 i64)))
  (import "${ENV}" "error_set" (func $error (param i64)))
  (import "${ENV}" "input_offset" (func $input (result i64)))
  (import "${ENV}" "input_length" (func $length (result i64)))
  (import "${ENV}" "input_load_u8" (func $input_byte (param i64) (result i32)))
  (import "${ENV}" "config_get" (func $config (param i64) (result i64)))
  (import "${ENV}" "var_get" (func $get (param i64) (result i64)))
  (import "${ENV}" "var_set" (func $set (param i64 i64)))
  (import "${ENV}" "http_request" (func $http (param i64 i64) (result i64)))
  (import "${ENV}" "http_status_code" (func $status (result i32)))
  (import "${ENV}" "http_headers" (func $headers (result i64)))
  (import "${ENV}" "log_trace" (func $log_trace (param i64)))
  (import "${ENV}" "log_debug" (func $log_debug (param i64)))
  (import "${ENV}" "log_info" (func $log_info (param i64)))
  (import "${ENV}" "log_warn" (func $log_warn (param i64)))
  (import "${ENV}" "log_error" (func $log_error (param i64)))
  (import "${ENV}" "get_log_level" (func $log_level (result i32)))
  (import "${ENV}" "error_get" (func $error_get (result i64)))`;

const WASI_IMPORTS = ['path_open', 'path_symlink', 'fd_read', 'fd_write', 'proc_exit', 'proc_raise']
  .map((name) => `(import "wasi_snapshot_preview1" "${name}" (func $${name} ${parametersOf(name)}))`)
  .join('\n');

/** A plugin that has all of Extism's newest interface, with what it does in a request. */
function plugin(body: string, { imports = '', locals = '' } = {}): Uint8Array {
  return wasm(`(module ${IMPORTS} ${imports}
    (memory (export "memory") 1)
    (func $answer (param $block i64)
      (if (i64.ne (local.get $block) (i64.const 0))
        (then (call $output (local.get $block) (call $size (local.get $block))))))
    (func $byte (param $value i32)
      (local $at i64)
      (local.set $at (call $alloc (i64.const 1)))
      (call $store (local.get $at) (local.get $value))
      (call $output (local.get $at) (i64.const 1)))
    (func $key (result i64)
      (local $at i64)
      (local.set $at (call $alloc (i64.const 1)))
      (call $store (local.get $at) (i32.const 107))
      (local.get $at))
    (func $input_to_memory (param $to i32)
      (local $index i64)
      (block $done (loop $next
        (br_if $done (i64.ge_u (local.get $index) (call $length)))
        (i32.store8
          (i32.add (local.get $to) (i32.wrap_i64 (local.get $index)))
          (call $input_byte (local.get $index)))
        (local.set $index (i64.add (local.get $index) (i64.const 1)))
        (br $next))))
    (func (export "handle") (result i32) ${locals} ${body} (i32.const 0)))`);
}

function wasiPlugin(body: string, locals = ''): Uint8Array {
  return plugin(body, { imports: WASI_IMPORTS, locals });
}

function parametersOf(name: string): string {
  switch (name) {
    case 'path_open':
      return '(param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)';
    case 'path_symlink':
      return '(param i32 i32 i32 i32 i32) (result i32)';
    case 'proc_exit':
      return '(param i32)';
    case 'proc_raise':
      return '(param i32) (result i32)';
    default:
      return '(param i32 i32 i32 i32) (result i32)';
  }
}

/** Makes the HTTP request that it is given and answers its answer; asked for anything else, the request before. */
export const REQUESTS_OR_RECALLS = plugin(`
  (if (i32.eq (call $input_byte (i64.const 0)) (i32.const 123))
    (then
      (call $set (call $key) (call $input))
      (call $answer (call $http (call $input) (i64.const 0))))
    (else (call $answer (call $get (call $key)))))`);

/** Posts what it is asked, which is also the request, and answers the answer. */
export const POSTS_HTTP = plugin('(call $answer (call $http (call $input) (call $input)))');

/** Makes the HTTP request that it is given, and answers the headers of its answer. */
export const ASKS_HEADERS = plugin(
  '(drop (call $http (call $input) (i64.const 0))) (call $answer (call $headers))',
);

/** Makes the HTTP request that it is given, and answers its status, less 200. */
export const ASKS_STATUS = plugin(`
  (drop (call $http (call $input) (i64.const 0)))
  (call $byte (i32.sub (call $status) (i32.const 200)))`);

/** Answers from which level on the host takes its messages. */
export const ASKS_LOG_LEVEL = plugin('(call $byte (call $log_level))');

/** Answers the value of the config under the name that it is asked for. */
export const ASKS_CONFIG = plugin('(call $answer (call $config (call $input)))');

/** Logs what it is asked at each level, in the order of their weight. */
export const LOGS = plugin(
  ['trace', 'debug', 'info', 'warn', 'error'].map((level) => `(call $log_${level} (call $input))`).join('\n'),
);

/** Logs what it is asked for ever. */
export const LOGS_FOR_EVER = plugin(
  `(local.set $left (i32.const 100000))
   (loop $again
     (call $log_info (call $input))
     (local.set $left (i32.sub (local.get $left) (i32.const 1)))
     (br_if $again (local.get $left)))
   (call $answer (call $input))`,
  { locals: '(local $left i32)' },
);

/** Prints what it is asked to standard output, and what it is asked to standard error. */
export const PRINTS = wasiPlugin(`
  (call $input_to_memory (i32.const 1024))
  (i32.store (i32.const 0) (i32.const 1024))
  (i32.store (i32.const 4) (i32.wrap_i64 (call $length)))
  (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
  (drop (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8)))
  (call $byte (i32.load (i32.const 8)))`);

/** Ends itself with the length of what it is asked as its exit code. */
export const EXITS = wasiPlugin(
  '(call $answer (call $input)) (call $proc_exit (i32.sub (i32.wrap_i64 (call $length)) (i32.const 1)))',
);

/** Raises a signal that no process survives. */
export const RAISES = wasiPlugin('(call $byte (call $proc_raise (i32.const 9)))');

/** Opens the file that it is asked for in its first folder; answers the error, and behind it what is in there. */
export const READS_FILE = wasiPlugin(
  `(call $input_to_memory (i32.const 1024))
   (local.set $failed (call $path_open (i32.const 3) (i32.const 1) (i32.const 1024) (i32.wrap_i64 (call $length))
     (i32.const 0) (i64.const 2) (i64.const 2) (i32.const 0) (i32.const 16)))
   (if (i32.eqz (local.get $failed)) (then
     (i32.store (i32.const 0) (i32.const 4096))
     (i32.store (i32.const 4) (i32.const 100))
     (drop (call $fd_read (i32.load (i32.const 16)) (i32.const 0) (i32.const 1) (i32.const 8)))))
   (local.set $at (call $alloc (i64.extend_i32_u (i32.add (i32.const 1) (i32.load (i32.const 8))))))
   (call $store (local.get $at) (local.get $failed))
   (block $done (loop $next
     (br_if $done (i32.ge_u (local.get $index) (i32.load (i32.const 8))))
     (call $store
       (i64.add (local.get $at) (i64.extend_i32_u (i32.add (local.get $index) (i32.const 1))))
       (i32.load8_u (i32.add (i32.const 4096) (local.get $index))))
     (local.set $index (i32.add (local.get $index) (i32.const 1)))
     (br $next)))
   (call $answer (local.get $at))`,
  '(local $failed i32) (local $at i64) (local $index i32)',
);

/** Makes a symbolic link of the name "l" to what it is asked for, and answers the error. */
export const LINKS = wasiPlugin(`
  (i32.store8 (i32.const 0) (i32.const 108))
  (call $input_to_memory (i32.const 1024))
  (call $byte (call $path_symlink
    (i32.const 1024) (i32.wrap_i64 (call $length)) (i32.const 3) (i32.const 0) (i32.const 1)))`);

/** Says what is wrong, and traps. */
export const SAYS_AND_TRAPS = plugin('(call $error (call $input)) (unreachable)');

/** Answers all but the first byte and the last of what it is asked. */
export const ANSWERS_PART = plugin(
  '(call $output (i64.add (call $input) (i64.const 1)) (i64.sub (call $length) (i64.const 2)))',
);

/** Keeps what it is asked in a variable whose name that is, too. */
export const KEEPS_EACH = plugin('(call $set (call $input) (call $input))');

/** Has a function of more than 500 bytes. */
export const LARGE_FUNCTION = wasm(`(module (func (export "handle") ${'(nop)'.repeat(500)}))`);
