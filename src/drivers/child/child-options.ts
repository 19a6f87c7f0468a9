import * as z from 'zod';

const milliseconds = z.int().min(0).max(600_000);
/** What a system call can pass on as it is. */
const text = z.string().refine((value) => !/[\0\p{Surrogate}]/u.test(value), {
  error: 'expected a text without NUL, and without half of a surrogate pair',
});
/** Names that a shell cannot export. */
const NO_IDENTIFIER = /^(?![A-Za-z_][A-Za-z0-9_]*$)/;
/** Names of variables that some `/bin/sh`, dash or bash, keeps for itself: a child would get another value, or none. */
const OF_THE_SHELL =
  /^(?:_|IFS|PS[124]|PPID|PWD|OLDPWD|OPT(?:IND|ERR|ARG)|LINENO|SHLVL|S?RANDOM|SECONDS|EPOCH(?:SECONDS|REALTIME)|HISTCMD|E?UID|GROUPS|DIRSTACK|FUNCNAME|POSIXLY_CORRECT|SHELLOPTS|BASHOPTS|BASHPID|BASH_(?!ENV$).*)$/;

function nameRefusal(name: string): string | null {
  if (name === '__proto__' || NO_IDENTIFIER.test(name)) {
    return 'expected a name of letters, digits and _, that begins with no digit: a shell can export no other';
  }
  return OF_THE_SHELL.test(name) ? 'expected another name: this one is a variable of the shell itself' : null;
}

const environment = z.preprocess(
  (value, context) => {
    // Zod drops a name such as `__proto__`: it is looked at before.
    for (const name of Object.keys(Object(value) as object)) {
      const message = nameRefusal(name);
      if (message !== null) context.addIssue({ code: 'custom', path: [name], message });
    }
    return value;
  },
  z.record(z.string(), text),
);

/** The options of a child process, for any protocol. */
export const childOptionsSchema = z.strictObject({
  /** A name that is looked up in `PATH`, or a path, which is relative to `cwd`. */
  command: text.min(1),
  args: z.array(text).default([]),
  /** The folder to run in; that of the host by default. */
  cwd: text.min(1).default('.'),
  /**
   * Variables beside `PATH`, `HOME`, `USER`, `LOGNAME`, `SHELL`, `LANG`, `LC_ALL`, `TZ` and `TMPDIR`, which a child
   * has from its host, and `PWD`. It has no others. Names that a shell cannot export as they are, such as `a.b` or
   * `IFS`, are refused.
   */
  env: environment.prefault({}),
  /** Milliseconds from 0 to 600 000 that a child which is stopped has for each step, before the next is taken. */
  escalation: z
    .strictObject({
      /** To end after the end of its stdin; then its group gets SIGTERM. */
      eof: milliseconds.default(2_000),
      /** To end after SIGTERM; then its group gets SIGKILL. */
      term: milliseconds.default(3_000),
    })
    .prefault({}),
  /**
   * Bytes that may wait for a child that does not read its stdin, from 64 KiB to 1 GiB. A request over that fails at
   * once; one that waits alone may be longer.
   */
  stdin: z
    .int()
    .min(64 * 1024)
    .max(1024 * 1024 * 1024)
    .default(16 * 1024 * 1024),
  /** Bytes of stderr that are kept, its end, to say why a child ended; from 0 to 1 MiB. */
  stderr: z
    .int()
    .min(0)
    .max(1024 * 1024)
    .default(16 * 1024),
});

export type ResolvedChildOptions = z.output<typeof childOptionsSchema>;

export type Escalation = ResolvedChildOptions['escalation'];
