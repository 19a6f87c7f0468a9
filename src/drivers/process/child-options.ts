import * as z from 'zod';

const milliseconds = z.int().min(0).max(600_000);

/** What a child process is made from, whatever it is spoken to in. */
export const childOptionsSchema = z.strictObject({
  /** A name that is looked up in `PATH`, or a path, which is relative to `cwd`. */
  command: z.string().min(1),
  args: z.array(z.string()).default([]),
  /** The folder to run in; that of the host by default. */
  cwd: z.string().min(1).default('.'),
  /**
   * Variables beside `PATH`, `HOME`, `USER`, `LOGNAME`, `SHELL`, `LANG`, `LC_ALL`, `TZ` and `TMPDIR`, which a child
   * has from its host. It has no others.
   */
  env: z.record(z.string(), z.string()).default({}),
  /** Milliseconds from 0 to 600 000 that a child which is stopped has for each step, before the next is taken. */
  escalation: z
    .strictObject({
      /** To end after the end of its stdin; then its group gets SIGTERM. */
      eof: milliseconds.default(2_000),
      /** To end after SIGTERM; then its group gets SIGKILL. */
      term: milliseconds.default(3_000),
    })
    .prefault({}),
  /** Milliseconds that a request may take, from 1 to 600 000. */
  requestTimeout: z.int().min(1).max(600_000).default(30_000),
  /** Bytes of stderr that are kept, its end, to say why a child ended; from 0 to 1 MiB. */
  stderr: z
    .int()
    .min(0)
    .max(1024 * 1024)
    .default(16 * 1024),
});

export type ResolvedChildOptions = z.output<typeof childOptionsSchema>;

export type Escalation = ResolvedChildOptions['escalation'];
