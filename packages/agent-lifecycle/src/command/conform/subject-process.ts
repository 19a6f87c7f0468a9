import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import * as z from 'zod';
import { responseSchema, type ConformanceRequest, type ConformanceResponse } from './protocol.js';
import type {
  CreateSubject,
  LifecycleSubject,
  LifecycleView,
  SubjectInput,
} from 'xstate-agent-lifecycle/testing';
import { SubjectProcessError } from './subject-process-error.js';

type Request = ConformanceRequest extends infer Each
  ? Each extends unknown
    ? Omit<Each, 'id'>
    : never
  : never;

/** Milliseconds that a subject has to exit after `end`. */
const END_TIMEOUT = 1_000;
const MAX_SHOWN_CHARACTERS = 200;
/** Bytes of a line, far over what an answer needs. */
const MAX_UNBROKEN = 1024 * 1024;
const NEWLINE = 10;

/** A program that speaks the conformance protocol over its stdin and stdout. It holds one agent at a time. */
export class SubjectProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #answerTimeout: number;
  readonly #exited: Promise<void>;
  #waiting: ((line: string | SubjectProcessError) => void) | null = null;
  #failure: SubjectProcessError | null = null;
  #lastId = 0;

  /** @param options.answerTimeout milliseconds that the subject may take for an answer */
  constructor([program = '', ...args]: readonly string[], { answerTimeout }: { answerTimeout: number }) {
    this.#answerTimeout = answerTimeout;
    // In a group of its own: what starts the subject, a shell or npx, is not the subject.
    this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
    this.#exited = new Promise((resolve) => {
      this.#child.on('error', (error) => {
        this.#fail(new SubjectProcessError({ code: 'Crashed', reason: error.message }, { cause: error }));
        resolve();
      });
      this.#child.on('exit', (code, signal) => {
        this.#fail(
          new SubjectProcessError({ code: 'Crashed', reason: signal ?? `exit code ${String(code)}` }),
        );
        resolve();
      });
    });
    // Its exit is handled above.
    this.#child.stdin.on('error', () => undefined);
    this.#child.stdout.on(
      'data',
      boundedBy(MAX_UNBROKEN, () => {
        this.#fail(
          new SubjectProcessError({
            code: 'Nonsense',
            reason: `it sent more than ${MAX_UNBROKEN} bytes in one line`,
          }),
        );
      }),
    );
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      if (this.#waiting !== null) this.#waiting(line);
      else
        this.#fail(
          new SubjectProcessError({ code: 'Nonsense', reason: `it sent a line unasked: ${shown(line)}` }),
        );
    });
  }

  readonly createSubject: CreateSubject = async (input: SubjectInput): Promise<LifecycleSubject> => {
    const { capacity: hasCapacity = false, ...created } = await this.ask({ do: 'create', input });
    let { view } = created;
    const seen = (response: ConformanceResponse): ConformanceResponse => {
      view = response.view;
      return response;
    };
    return {
      hasCapacity,
      send: async (event) => seen(await this.ask({ do: 'send', event })),
      settle: async (operation, { type, ...message }) =>
        seen(await this.ask({ do: 'settle', operation, outcome: type, ...message } as Request)),
      advance: async (ms) => seen(await this.ask({ do: 'advance', ms })),
      state: (): LifecycleView => view,
      dispose: () => undefined,
    };
  };

  /** @throws {SubjectProcessError} when the subject ends, hangs, or sends something else than a response */
  async ask(request: Request): Promise<ConformanceResponse> {
    if (this.#failure !== null) throw this.#failure;
    const id = ++this.#lastId;
    this.#child.stdin.write(`${JSON.stringify({ id, ...request })}\n`);
    const response = this.#parse(await this.#line());
    if (response.id === id) return response;
    const reason = `it answered ${response.id} when it was asked ${id}`;
    throw this.#fail(new SubjectProcessError({ code: 'Nonsense', reason }));
  }

  /** Ends the conversation. Kills the subject when it does not exit by itself. */
  async close(): Promise<void> {
    const timer = setTimeout(() => {
      this.#kill();
    }, END_TIMEOUT);
    if (this.#failure === null) {
      this.#child.stdin.write(`${JSON.stringify({ id: ++this.#lastId, do: 'end' })}\n`);
    }
    this.#child.stdin.end();
    await this.#exited;
    clearTimeout(timer);
    this.#kill();
    this.#child.stdout.destroy();
  }

  #line(): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#fail(new SubjectProcessError({ code: 'Hung', timeout: this.#answerTimeout }));
      }, this.#answerTimeout);
      this.#waiting = (line) => {
        clearTimeout(timer);
        this.#waiting = null;
        if (typeof line === 'string') resolve(line);
        else reject(line);
      };
    });
  }

  #parse(line: string): ConformanceResponse {
    try {
      return responseSchema.parse(JSON.parse(line));
    } catch (error) {
      const problem = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
      const reason = `${shown(line)}\n${problem}`;
      throw this.#fail(new SubjectProcessError({ code: 'Nonsense', reason }, { cause: error }));
    }
  }

  /** Kills the subject and the processes of its group. */
  #kill(): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // All have ended.
    }
  }

  #fail(error: SubjectProcessError): SubjectProcessError {
    // What it still sends does not matter, and may have no end.
    if (this.#failure === null) this.#kill();
    this.#failure ??= error;
    this.#waiting?.(error);
    return error;
  }
}

/** Listens for data and calls back when too much of it comes without the end of a line. */
function boundedBy(limit: number, onExceeded: () => void): (data: Buffer) => void {
  let unbroken = 0;
  return (data) => {
    const last = data.lastIndexOf(NEWLINE);
    unbroken = last < 0 ? unbroken + data.length : data.length - last;
    if (unbroken > limit) onExceeded();
  };
}

/** A line of the subject, cut to a readable length. */
function shown(line: string): string {
  return JSON.stringify(line.slice(0, MAX_SHOWN_CHARACTERS));
}
